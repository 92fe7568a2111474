/** Claiming with an ID-JAG is refused, with which error, and without any effect (PROTOCOL sections 4.2 and 9). */
import { describe, expect, test } from "@jest/globals";
import type { Members } from "../support/event-issuer.js";
import {
  approved,
  changesNothing,
  claimBy,
  claimWaiting,
  type EventStage,
  eventStage,
  identify,
  notify,
  registered,
} from "../support/event-stage.js";
import { poll, register, startClaim, submitPage } from "../support/world.js";
import { expectAgentRefusal } from "./observed-world.js";

const claimTokenOf = async (stage: EventStage): Promise<string> =>
  (await register.anonymous(stage)).body.claim_token;

describe("a registration that cannot be claimed with an ID-JAG", () => {
  test("service_auth: 409, and its person goes on", async () => {
    const stage = await eventStage();
    const { id, claim_token: claimToken, claim } = (await register.serviceAuth(stage)).body;
    expectAgentRefusal(
      await changesNothing(stage, () => claimBy(stage, claimToken, stage.provider.idJag())),
      409,
      "claimed_or_in_flight",
      "already_claimed",
    );
    await approved(stage, { id, claimToken, uri: claim.verification_uri, userCode: claim.user_code });
  });

  const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
  test.each<[string, number, string, string, (stage: EventStage) => Promise<string>]>([
    [
      "claimed",
      409,
      "claimed_or_in_flight",
      "already_claimed",
      async (stage) => {
        const waiting = await claimWaiting(stage);
        await approved(stage, waiting);
        return waiting.claimToken;
      },
    ],
    [
      "denied",
      403,
      "claim_denied",
      "claim_denied",
      async (stage) => {
        const waiting = await claimWaiting(stage);
        await submitPage(stage, waiting.uri, "alice", { action: "deny" });
        return waiting.claimToken;
      },
    ],
    [
      "expired",
      410,
      "claim_expired",
      "claim_expired",
      async (stage) => {
        const claimToken = await claimTokenOf(stage);
        stage.clock.advance(86_400);
        return claimToken;
      },
    ],
    [
      "revoked",
      410,
      "claim_revoked",
      "claim_revoked",
      async (stage) => {
        const { id, claim_token: claimToken } = (await register.anonymous(stage)).body;
        await stage.auth.revokeRegistration(id, operator);
        return claimToken;
      },
    ],
    [
      "suspended",
      403,
      "registration_suspended",
      "registration_suspended",
      async (stage) => {
        const { id, claim_token: claimToken } = (await register.anonymous(stage)).body;
        await stage.auth.suspendRegistration(id, operator);
        return claimToken;
      },
    ],
    [
      "unknown",
      401,
      "invalid_claim_token",
      "invalid_claim",
      async (stage) => {
        const claimToken = await claimTokenOf(stage);
        return claimToken.slice(0, -1) + (claimToken.endsWith("0") ? "1" : "0");
      },
    ],
    ["of no known form", 401, "invalid_claim_token", "invalid_claim", async () => "ct_nothing"],
  ])("%s: %i %s", async (_name, status, error, code, prepare) => {
    const stage = await eventStage();
    const claimToken = await prepare(stage);
    const assertion = stage.provider.idJag({ sub: "sub-carol" });
    const refused = await changesNothing(stage, () => claimBy(stage, claimToken, assertion));
    expectAgentRefusal(refused, status, error, code);
    // The ID-JAG was not looked at, so it is still good where it is needed.
    expect((await claimBy(stage, await claimTokenOf(stage), assertion)).status).toBe(200);
  });
});

describe("an ID-JAG that is refused", () => {
  const cases: [string, number, string, string, (stage: EventStage) => Members, Members?][] = [
    ["typ", 400, "invalid_assertion", "invalid_request", () => ({}), { typ: "JWT" }],
    ["crit", 400, "invalid_assertion", "invalid_request", () => ({}), { crit: ["exp"] }],
    ["alg", 400, "invalid_assertion", "invalid_request", () => ({}), { alg: "ES384" }],
    ["unknown kid", 400, "invalid_signature", "invalid_signature", () => ({}), { kid: "nobody" }],
    ["iss", 400, "issuer_not_enabled", "invalid_issuer", () => ({ iss: "https://stranger.example" })],
    [
      "aud of two",
      400,
      "audience_mismatch",
      "invalid_audience",
      () => ({ aud: ["https://notes.example", "https://other.example"] }),
    ],
    [
      "exp past",
      400,
      "credential_expired",
      "expired",
      ({ clock }) => ({ exp: clock.now() - 60, iat: clock.now() - 300 }),
    ],
    ["no exp", 400, "invalid_assertion", "invalid_request", () => ({ exp: undefined })],
    ["iat ahead", 400, "invalid_assertion", "invalid_request", ({ clock }) => ({ iat: clock.now() + 61 })],
    ["no sub", 400, "invalid_assertion", "invalid_request", () => ({ sub: "" })],
    ["no jti", 400, "invalid_assertion", "invalid_request", () => ({ jti: undefined })],
    ["client_id", 400, "invalid_client_id", "invalid_client_id", () => ({ client_id: "somebody" })],
    ["cnf", 400, "invalid_assertion", "invalid_request", () => ({ cnf: { jkt: "x" } })],
    ["email", 400, "missing_verified_email", "missing_verified_email", () => ({ email_verified: "true" })],
  ];
  test.each(cases)(
    "is refused for its %s as at the identity endpoint, and is not used up",
    async (_name, status, error, code, claims, header = {}) => {
      const stage = await eventStage();
      const claimToken = await claimTokenOf(stage);
      const spoiled = () =>
        stage.provider.idJag({ sub: "sub-carol", jti: "the one", ...claims(stage) }, header);
      for (const send of [() => claimBy(stage, claimToken, spoiled()), () => identify(stage, spoiled())])
        expectAgentRefusal(await changesNothing(stage, send), status, error, code);
      const good = stage.provider.idJag({ sub: "sub-carol", jti: "the one" });
      expect((await claimBy(stage, claimToken, good)).body.status).toBe("claimed");
    },
  );

  test("for an old sign-in: 401 login_required with the greatest age in challenge and body", async () => {
    const stage = await eventStage();
    const claimToken = await claimTokenOf(stage);
    const refused = await changesNothing(stage, () =>
      claimBy(stage, claimToken, stage.provider.idJag({ auth_time: stage.clock.now() - 3601 })),
    );
    expect([refused.status, refused.body.error, refused.body.max_age]).toEqual([401, "login_required", 3600]);
    expect(refused.headers["www-authenticate"]).toBe(
      `AgentAuth error="login_required", max_age="3600", error_description="${refused.body.error_description}"`,
    );
  });

  test("was signed by another key, or by another provider's", async () => {
    const stage = await eventStage();
    const claimToken = await claimTokenOf(stage);
    const forged = stage.other.idJag({ iss: stage.provider.url, client_id: stage.provider.url });
    const kid = String(stage.provider.jwks.keys[0]?.kid);
    const named = stage.other.idJag({ iss: stage.provider.url }, { kid });
    for (const assertion of [forged, named])
      expectAgentRefusal(
        await changesNothing(stage, () => claimBy(stage, claimToken, assertion)),
        400,
        "invalid_signature",
      );
  });

  test("was used at the identity endpoint before, and the other way round", async () => {
    const stage = await eventStage();
    const claimToken = await claimTokenOf(stage);
    const first = stage.provider.idJag({ sub: "sub-carol" });
    expect((await identify(stage, first)).status).toBe(200);
    expectAgentRefusal(
      await changesNothing(stage, () => claimBy(stage, claimToken, first)),
      400,
      "replay_detected",
    );
    const second = stage.provider.idJag({ sub: "sub-carol" });
    expect((await claimBy(stage, claimToken, second)).status).toBe(200);
    expectAgentRefusal(await changesNothing(stage, () => identify(stage, second)), 400, "replay_detected");
  });

  test("was used before by a claim that waits: the replay does not replace the attempt", async () => {
    const stage = await eventStage();
    const claimToken = await claimTokenOf(stage);
    const assertion = stage.provider.idJag();
    expect((await claimBy(stage, claimToken, assertion)).status).toBe(200);
    for (const send of [() => claimBy(stage, claimToken, assertion), () => identify(stage, assertion)])
      expectAgentRefusal(await changesNothing(stage, send), 400, "replay_detected");
  });

  test("has a jti that another provider, or an event, has used: both are accepted (bug 23)", async () => {
    const stage = await eventStage();
    const jti = "the same";
    expect((await notify(stage, stage.provider.event({ jti, sub: "sub-bob" }))).status).toBe(202);
    expect((await identify(stage, stage.provider.idJag({ sub: "sub-carol", jti }))).status).toBe(200);
    const claimToken = await claimTokenOf(stage);
    const theirs = stage.other.idJag({ sub: "sub-dora", email: "dora@example.com", jti });
    expect((await claimBy(stage, claimToken, theirs)).body.status).toBe("claimed");
  });

  test("speaks of a person who is suspended here", async () => {
    const stage = await eventStage();
    const { id } = await registered(stage);
    await stage.auth.suspendRegistration(id, { actor: { kind: "operator", id: null }, reason: "test" });
    const claimToken = await claimTokenOf(stage);
    expectAgentRefusal(
      await changesNothing(stage, () =>
        claimBy(stage, claimToken, stage.provider.idJag({ sub: "sub-carol" })),
      ),
      403,
      "registration_suspended",
    );
  });

  test("was minted before the last revocation", async () => {
    const stage = await eventStage();
    const assertion = stage.provider.idJag({ sub: "sub-carol" });
    expect((await notify(stage, stage.provider.event({ sub: "sub-carol" }))).status).toBe(202);
    const claimToken = await claimTokenOf(stage);
    expectAgentRefusal(
      await changesNothing(stage, () => claimBy(stage, claimToken, assertion)),
      400,
      "assertion_revoked",
    );
  });
});

describe("nobody to bind", () => {
  test.each([
    ["the host creates no accounts", { accounts: { create: undefined } }],
    ["the provider may not", { trust: { jit: false } }],
  ])("403 account_not_found when %s", async (_name, input) => {
    const stage = await eventStage(input);
    const claimToken = await claimTokenOf(stage);
    expectAgentRefusal(
      await changesNothing(stage, () =>
        claimBy(stage, claimToken, stage.provider.idJag({ sub: "sub-carol" })),
      ),
      403,
      "account_not_found",
    );
    expect((await startClaim(stage, claimToken)).status).toBe(200);
  });

  test("403 account_not_found when the host refuses to create the account; no link remains", async () => {
    const stage = await eventStage({ accounts: { create: () => null } });
    const claimToken = await claimTokenOf(stage);
    expectAgentRefusal(
      await claimBy(stage, claimToken, stage.provider.idJag({ sub: "sub-carol" })),
      403,
      "account_not_found",
    );
    expect((await stage.rows("delegations")).map(({ user_id }) => user_id)).toEqual([null]);
    expect((await poll(stage, claimToken)).body.error).toBe("authorization_pending");
    expect(await stage.rows("registrations")).toEqual([
      expect.objectContaining({ user_id: null, claimed_at: null }),
    ]);
  });
});

describe("the request itself", () => {
  test("names the type of the assertion or leaves it out, but not another type", async () => {
    const stage = await eventStage();
    const claimToken = await claimTokenOf(stage);
    const assertion = stage.provider.idJag({ sub: "sub-carol" });
    const other = { assertion_type: "urn:ietf:params:oauth:token-type:id_token" };
    expectAgentRefusal(
      await changesNothing(stage, () => claimBy(stage, claimToken, assertion, other)),
      400,
      "invalid_request",
    );
    const right = { assertion_type: "urn:ietf:params:oauth:token-type:id-jag" };
    expect((await claimBy(stage, claimToken, assertion, right)).status).toBe(200);
  });

  test("without an assertion, or with one that is no string, is malformed", async () => {
    const stage = await eventStage();
    const claimToken = await claimTokenOf(stage);
    for (const assertion of [undefined, "", 7, ["a.b.c"]])
      expectAgentRefusal(
        await changesNothing(stage, () =>
          stage.agent
            .post("/agent/identity/claim")
            .send({ type: "identity_assertion", claim_token: claimToken, assertion }),
        ),
        400,
        "invalid_request",
      );
  });

  test("is refused where identity assertions are off", async () => {
    const stage = await eventStage({ options: { identityTypes: ["anonymous", "service_auth"] } });
    const claimToken = await claimTokenOf(stage);
    expectAgentRefusal(
      await changesNothing(stage, () => claimBy(stage, claimToken, stage.provider.idJag())),
      400,
      "identity_assertion_not_enabled",
      "identity_assertion_registration_disabled",
    );
  });
});
