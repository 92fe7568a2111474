/** Every check on an ID-JAG, in order, each with its own error, and nothing changed (PROTOCOL sections 3 and 9). */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { type Fault, faults, faulty, strictClaims, strictProvider } from "../support/id-jag-faults.js";
import type { Members } from "../support/issuer.js";
import {
  expectNamed,
  expectRefused,
  type ProviderWorld,
  providerWorld,
  registerBy,
} from "../support/issuer-world.js";
import { exchange, issuer, register } from "../support/world.js";

let stage: ProviderWorld;
beforeEach(async () => {
  stage = await providerWorld({ provider: strictProvider });
});

const valid = (claims: Members = {}, header: Members = {}) =>
  stage.idp.mint({ header, claims: { ...strictClaims, ...claims } });

/** The faults of each step of the order. */
const steps = Array.from({ length: 1 + Math.max(...faults.map(({ step }) => step)) }, (_, step) => {
  const made = faults.filter((fault) => fault.step === step);
  const [first] = made as [Fault];
  return [`${step + 1}. ${first.refusal}: ${first.what} …`, first.refusal, made] as const;
});

describe("one fault", () => {
  test.each(steps)("is answered by its own check: %s", async (_title, refusal, made) => {
    for (const fault of made) {
      const assertion = faulty(stage.idp, [fault], { jti: fault.what });
      const before = await stage.snapshot();
      const response = await registerBy(stage, assertion);
      expect({ what: fault.what, error: response.body.error }).toEqual({ what: fault.what, error: refusal });
      expectNamed(response, refusal);
      expect(await stage.snapshot()).toEqual(before);
      expect((await registerBy(stage, valid({ jti: fault.what }))).status).toBe(200);
    }
    expect(stage.book.created).toHaveLength(1);
  });

  test("creates nobody, also where nobody was there before", async () => {
    for (const fault of faults) await registerBy(stage, faulty(stage.idp, [fault]));
    expect(await stage.snapshot()).toMatchObject({
      created: [],
      delegations: [],
      registrations: [],
      seen_jwt_ids: [],
    });
  });

  test("is answered the same way where an agent claims with an ID-JAG, and the claim stays as it was", async () => {
    const { body } = await register.anonymous(stage);
    const send = (assertion: string) =>
      stage.agent
        .post("/agent/identity/claim")
        .send({ type: "identity_assertion", claim_token: body.claim_token, assertion });
    const before = await stage.snapshot();
    for (const fault of faults)
      expectNamed(await send(faulty(stage.idp, [fault], { jti: "once" })), fault.refusal);
    expect(await stage.snapshot()).toEqual(before);
    expect((await exchange(stage, body.identity_assertion)).status).toBe(200);
    const claimed = await send(valid({ jti: "once" }));
    expect(claimed.body).toMatchObject({ status: "claimed", id: body.id });
  });
});

describe("two faults", () => {
  test.each(steps)("are answered by the earlier check: %s", async (_title, refusal, made) => {
    const before = await stage.snapshot();
    for (const [, , others] of steps) {
      // The first two faults that do not touch the same member: one would undo the other.
      const pairs = made.flatMap((one) => others.map((other) => [one, other] as const));
      const pair = pairs.find(
        ([one, other]) => one.step < other.step && one.touches.every((name) => !other.touches.includes(name)),
      );
      if (pair === undefined) continue;
      const both = pair.map(({ what }) => what);
      // The sentence tells two checks with one error apart.
      const alone = await registerBy(stage, faulty(stage.idp, [pair[0]]));
      const response = await registerBy(stage, faulty(stage.idp, [...pair]));
      expect({ both, error: response.body.error }).toEqual({ both, error: refusal });
      expect({ both, body: response.body }).toEqual({ both, body: alone.body });
    }
    expect(await stage.snapshot()).toEqual(before);
  });

  test("every pair of steps was tried but those that share their one claim", () => {
    const impossible = steps.flatMap(([, , made], step) =>
      steps.slice(step + 1).flatMap(([, , others], offset) => {
        const isPossible = made.some((one) =>
          others.some((other) => one.touches.every((name) => !other.touches.includes(name))),
        );
        return isPossible ? [] : [[step + 1, step + offset + 2]];
      }),
    );
    // exp is the one claim of both: missing or no date, and past.
    expect(impossible).toEqual([[9, 10]]);
  });
});

describe("accepted", () => {
  test.each<[string, Members, Members]>([
    ["typ in capitals", {}, { typ: "OAUTH-ID-JAG+JWT" }],
    ["typ with application/", {}, { typ: "application/oauth-id-jag+jwt" }],
    ["typ with Application/ in any case", {}, { typ: "Application/OAuth-ID-JAG+JWT" }],
    ["no kid where one key fits", {}, { kid: undefined }],
    ["a one-element audience", { aud: [issuer] }, {}],
    ["exp 59 seconds ago", { exp: -59, iat: -100 }, {}],
    ["nbf at the skew", { nbf: 60 }, {}],
    ["iat at the skew", { iat: 60 }, {}],
    ["a life of ten minutes", { exp: 600 }, {}],
    ["dates with fractions", { exp: 299.5, iat: 0.25, nbf: 0.5, auth_time: -59.5 }, {}],
    ["auth_time an hour ago", { auth_time: -3600 }, {}],
    ["auth_time at the skew", { auth_time: 60 }, {}],
    ["sub and jti of 255 characters", { sub: "s".repeat(255), jti: "j".repeat(255) }, {}],
    ["a client on the list", { client_id: "agent-1" }, {}],
    ["an address in capitals with spaces", { email: " Carol@Example.ORG " }, {}],
    ["more methods than demanded", { amr: ["mfa", "hwk", 7] }, {}],
    ["claims nobody knows", { groups: ["a"], nonce: "n" }, {}],
  ])("%s", async (_what, claims, header) => {
    const now = stage.clock.now();
    const dates = ["exp", "iat", "nbf", "auth_time"];
    const shifted = Object.entries(claims).map(([name, value]) => [
      name,
      dates.includes(name) ? now + Number(value) : value,
    ]);
    expect((await registerBy(stage, valid(Object.fromEntries(shifted), header))).status).toBe(200);
  });

  test("the resource as audience, only when switched on, and never both", async () => {
    const resource = "https://api.notes.example";
    await expectRefused(stage, () => registerBy(stage, valid({ aud: resource })), "audience_mismatch");
    const wide = await providerWorld({ options: { acceptResourceAudience: true, resource } });
    const send = (aud: unknown) => registerBy(wide, wide.idp.mint({ claims: { aud } }));
    await expectRefused(wide, () => send([issuer, resource]), "audience_mismatch");
    for (const aud of [issuer, resource, [resource]]) expect((await send(aud)).status).toBe(200);
    const narrow = await providerWorld({ options: { resource } });
    const response = () => registerBy(narrow, narrow.idp.mint({ claims: { aud: resource } }));
    await expectRefused(narrow, response, "audience_mismatch");
  });
});

describe("replay", () => {
  test("of an accepted token is replay_detected, for as long as it would be accepted", async () => {
    const assertion = valid();
    expect((await registerBy(stage, assertion)).status).toBe(200);
    for (const seconds of [0, 300, 59]) {
      stage.clock.advance(seconds);
      await stage.auth.sweep();
      await expectRefused(stage, () => registerBy(stage, assertion), "replay_detected");
    }
    stage.clock.advance(1);
    await expectRefused(stage, () => registerBy(stage, assertion), "credential_expired");
  });

  test("is of the jti: other claims, or another subject, do not make it new", async () => {
    expect((await registerBy(stage, valid({ jti: "j" }))).status).toBe(200);
    await expectRefused(stage, () => registerBy(stage, valid({ jti: "j", name: "x" })), "replay_detected");
    const alice = valid({ jti: "j", sub: "other", email: "carol@example.org" });
    expect((await registerBy(stage, alice)).body.error).toBe("replay_detected");
    expect(stage.book.created).toHaveLength(1);
    expect((await registerBy(stage, valid({ jti: "J" }))).status).toBe(200);
  });

  test("of a token that opened a step-up opens no second one", async () => {
    const open = await providerWorld();
    const assertion = open.idp.mint({ claims: { email: "alice@example.com" } });
    expect((await registerBy(open, assertion)).status).toBe(401);
    await expectRefused(open, () => registerBy(open, assertion), "replay_detected");
  });
});
