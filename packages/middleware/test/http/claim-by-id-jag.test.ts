/** An anonymous registration is claimed with an ID-JAG: what it answers, binds and kills (PROTOCOL section 4.2). */
import { describe, expect, test } from "@jest/globals";
import {
  approved,
  changesNothing,
  claimBy,
  claimWaiting,
  type EventStage,
  eventStage,
  identify,
  registered,
  steppedUp,
  waitingOf,
} from "../support/event-stage.js";
import { callApi, exchange, openPage, poll, register, startClaim, submitPage } from "../support/world.js";
import { expectAgentRefusal, expectApiRefusal, expectNotice, expectOauthRefusal } from "./observed-world.js";

/** An anonymous registration with every credential it can have before a claim. */
async function anonymous(stage: EventStage) {
  const {
    id,
    claim_token: claimToken,
    identity_assertion: assertion,
  } = (await register.anonymous(stage)).body;
  const accessToken: string = (await exchange(stage, assertion)).body.access_token;
  expect((await callApi(stage, accessToken)).status).toBe(200);
  return { id, claimToken, assertion, accessToken } as Record<string, string> & {
    id: string;
    claimToken: string;
    assertion: string;
    accessToken: string;
  };
}

const carolsIdJag = ({ provider }: EventStage) => provider.idJag({ sub: "sub-carol" });
const delegationOf = async (stage: EventStage, subject: string) =>
  (await stage.rows("delegations")).find((row) => row.subject === subject);

describe("a person nobody has to be asked for", () => {
  test("is provisioned: 200 with the claimed body, and bound at once", async () => {
    const stage = await eventStage();
    const before = await anonymous(stage);
    const { status, body, headers } = await claimBy(stage, before.claimToken, carolsIdJag(stage));

    expect(status).toBe(200);
    expect(headers).toMatchObject({ "cache-control": "no-store", pragma: "no-cache" });
    expect(body).toEqual({
      registration_id: before.id,
      id: before.id,
      registration_type: "identity_assertion",
      status: "claimed",
      identity_assertion: expect.any(String),
      assertion_expires: "2026-01-01T01:00:00.000Z",
      identity: { assertion: body.identity_assertion, expires_at: "2026-01-01T01:00:00.000Z" },
    });
    const [carol] = stage.host.created;
    expect(carol).toMatchObject({ email: "carol@example.com", subject: "sub-carol" });
    const [user] = stage.host.users.slice(-1);
    expect(await stage.auth.registrationsOf(user?.id ?? "")).toMatchObject([
      { id: before.id, kind: "anonymous", status: "claimed", scopes: ["api.read", "api.write"] },
    ]);
    expect(await delegationOf(stage, "sub-carol")).toMatchObject({ user_id: user?.id, version: 1 });
  });

  test("leaves no credential from before: assertion, access token, claim token", async () => {
    const stage = await eventStage();
    const before = await anonymous(stage);
    const { identity_assertion: assertion } = (await claimBy(stage, before.claimToken, carolsIdJag(stage)))
      .body;

    expectApiRefusal(await callApi(stage, before.accessToken), 401, "invalid_token");
    const replaced = await changesNothing(stage, () => exchange(stage, before.assertion));
    expectOauthRefusal(replaced, "invalid_grant");
    expect(replaced.body.error_description).toContain("identity_assertion that the claim delivered");
    expectOauthRefusal(await changesNothing(stage, () => poll(stage, before.claimToken)), "invalid_grant");
    for (const again of [
      () => startClaim(stage, before.claimToken),
      () => claimBy(stage, before.claimToken, carolsIdJag(stage)),
    ])
      expectAgentRefusal(await changesNothing(stage, again), 409, "claimed_or_in_flight", "already_claimed");

    const token = await exchange(stage, assertion);
    expect([token.status, token.body.scope]).toEqual([200, "api.read api.write"]);
    expect((await callApi(stage, token.body.access_token)).body.agent).toMatchObject({
      registrationId: before.id,
    });
  });

  test("with a link already is bound to its user, and nobody is created", async () => {
    const stage = await eventStage();
    await registered(stage);
    const { length: users } = stage.host.users;
    const { claimToken, id } = await anonymous(stage);
    expect((await claimBy(stage, claimToken, carolsIdJag(stage))).body.status).toBe("claimed");

    expect([stage.host.users.length, stage.host.created.length]).toEqual([users, 1]);
    const owned = await stage.auth.registrationsOf(stage.host.users[users - 1]?.id ?? "");
    expect(owned.map(({ id: owner }) => owner)).toContain(id);
    expect(await stage.audit("delegation.created")).toHaveLength(1);
  });

  test("is noted in the audit log with issuer and subject, as the provider's doing", async () => {
    const stage = await eventStage();
    const { claimToken, id } = await anonymous(stage);
    await claimBy(
      stage,
      claimToken,
      stage.provider.idJag({ sub: "sub-carol", agent_platform: "Example OS" }),
    );
    for (const type of ["claim.confirmed", "delegation.created", "assertion.issued"]) {
      const [row] = (await stage.audit(type)).slice(-1);
      expect(row).toMatchObject({ registration_id: id });
      expect(JSON.parse(String(row?.detail))).toMatchObject({
        iss: stage.provider.url,
        sub: "sub-carol",
        agent_platform: "Example OS",
      });
    }
    expect((await stage.audit("claim.confirmed"))[0]).toMatchObject({
      actor_kind: "provider",
      actor_id: stage.provider.url,
    });
  });

  test("is announced to the host as a confirmed claim", async () => {
    const stage = await eventStage();
    const announced: object[] = [];
    stage.auth.on("claim.confirmed", (event) => void announced.push(event));
    const { claimToken, id } = await anonymous(stage);
    await claimBy(stage, claimToken, carolsIdJag(stage));
    await stage.auth.sweep();
    expect(announced).toEqual([
      expect.objectContaining({ registrationId: id, userId: stage.host.users.at(-1)?.id }),
    ]);
  });

  test("is granted within the ceilings of the provider and of the ID-JAG", async () => {
    const stage = await eventStage({ trust: { scopes: ["api.read"] } });
    const { claimToken } = await anonymous(stage);
    const { identity_assertion: assertion } = (await claimBy(stage, claimToken, carolsIdJag(stage))).body;
    expect((await exchange(stage, assertion)).body.scope).toBe("api.read");
  });

  test("is bound once when the same claim comes twenty times at once, each with an ID-JAG of its own", async () => {
    const stage = await eventStage();
    const { claimToken } = await anonymous(stage);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => claimBy(stage, claimToken, carolsIdJag(stage))),
    );
    expect(answers.filter(({ body }) => body.status === "claimed")).toHaveLength(1);
    for (const { status, body } of answers.filter(({ status }) => status !== 200))
      expect([status, body.error]).toEqual([409, expect.stringMatching(/^(claimed_or|ceremony)_in_flight$/)]);
    expect(stage.host.created).toHaveLength(1);
    expect(await stage.audit("claim.confirmed")).toHaveLength(1);
  });
});

describe("a person whose account has to approve", () => {
  test("gets 200 with the hint-shape body, not 401", async () => {
    const stage = await eventStage();
    const { claimToken, id } = await anonymous(stage);
    const { status, body, headers } = await claimBy(stage, claimToken, stage.provider.idJag());
    expect([status, headers["www-authenticate"]]).toEqual([200, undefined]);
    const uri = expect.stringMatching(/^https:\/\/notes\.example\/agent\/claim\?claim_attempt_token=cat_/);
    expect(body).toEqual({
      registration_id: id,
      id,
      registration_type: "identity_assertion",
      type: "service_auth",
      claim_attempt_id: expect.stringMatching(/^clm_/),
      status: "initiated",
      expires_at: "2026-01-01T00:10:00.000Z",
      claim_attempt: {
        verification_uri: uri,
        expires_in: 600,
        interval: 5,
        user_code: expect.stringMatching(/^\d{6}$/),
      },
      attempt: { id: body.claim_attempt_id, verification_uri: uri, expires_at: "2026-01-01T00:10:00.000Z" },
    });
    expect((await delegationOf(stage, "sub-alice"))?.user_id ?? null).toBeNull();
    expect(stage.host.created).toEqual([]);
  });

  test("keeps the pre-claim scopes while it waits, and not a scope more", async () => {
    const stage = await eventStage();
    const { assertion } = await claimWaiting(stage);
    expect((await exchange(stage, assertion)).body.scope).toBe("api.read");
    expectOauthRefusal(await exchange(stage, assertion, { scope: "api.write" }), "invalid_scope");
  });

  test("completes it with the code: bound, linked, and the next ID-JAG registers cleanly", async () => {
    const stage = await eventStage();
    const waiting = await claimWaiting(stage);
    const page = await openPage(stage, waiting.uri, "alice");
    expect(page.text).toContain("Example AI");
    const { accessToken } = await approved(stage, waiting);
    expect((await callApi(stage, accessToken)).status).toBe(200);
    expectOauthRefusal(await exchange(stage, waiting.assertion), "invalid_grant");
    expect(await delegationOf(stage, "sub-alice")).toMatchObject({
      user_id: "usr_alice",
      scope_ceiling: "api.read api.write",
    });
    expect(await stage.audit("delegation.created")).toEqual([
      expect.objectContaining({ actor_kind: "user", actor_id: "usr_alice" }),
    ]);

    const next = await identify(stage, stage.provider.idJag());
    expect([next.status, next.body.registration_type]).toEqual([200, "identity_assertion"]);
    expect(next.body.id).not.toBe(waiting.id);
  });

  test("who unticks a scope caps every later ID-JAG", async () => {
    const stage = await eventStage();
    const waiting = await claimWaiting(stage);
    await submitPage(stage, waiting.uri, "alice", { userCode: waiting.userCode, scopes: ["api.read"] });
    const { body } = await identify(stage, stage.provider.idJag());
    expect(body.scopes).toEqual(["api.read"]);
    expect((await exchange(stage, body.identity_assertion)).body.scope).toBe("api.read");
  });

  test("may be asked anew: a live attempt of the same person is replaced by one with new secrets", async () => {
    const stage = await eventStage();
    const first = await claimWaiting(stage);
    const second = waitingOf(
      first.claimToken,
      await claimBy(stage, first.claimToken, stage.provider.idJag()),
    );
    expect(second.uri).not.toBe(first.uri);
    expectNotice(await openPage(stage, first.uri, "alice"), 410, "There is a newer request");
    await approved(stage, second);
  });

  test("takes over a live attempt that was hinted at the same address", async () => {
    const stage = await eventStage();
    const { claimToken } = await anonymous(stage);
    await startClaim(stage, claimToken);
    const taken = await claimBy(stage, claimToken, stage.provider.idJag());
    await approved(stage, waitingOf(claimToken, taken));
    expect(await delegationOf(stage, "sub-alice")).toMatchObject({ user_id: "usr_alice" });
  });

  test("is refused with too_many_attempts after five attempts in an hour", async () => {
    const stage = await eventStage();
    const { claimToken } = await claimWaiting(stage);
    for (let attempt = 2; attempt <= 5; attempt += 1)
      expect((await claimBy(stage, claimToken, stage.provider.idJag())).status).toBe(200);
    const refused = await changesNothing(stage, () => claimBy(stage, claimToken, stage.provider.idJag()), {
      except: ["seen_jwt_ids"],
    });
    expectAgentRefusal(refused, 429, "too_many_attempts");
    expect([refused.headers["retry-after"], refused.body.retry_after]).toEqual(["3600", 3600]);
    stage.clock.advance(3600);
    expect((await claimBy(stage, claimToken, stage.provider.idJag())).status).toBe(200);
  });
});

describe("a registration that waits for its owner by a step-up at the identity endpoint", () => {
  test("is not claimed by an ID-JAG: 409, and the owner goes on", async () => {
    const stage = await eventStage();
    const waiting = await steppedUp(stage);
    expectAgentRefusal(
      await changesNothing(stage, () => claimBy(stage, waiting.claimToken, stage.provider.idJag())),
      409,
      "claimed_or_in_flight",
      "already_claimed",
    );
    await approved(stage, waiting);
  });
});
