/** What an operator took from an agent is not given back by registering once more: narrower scopes, and an end date. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { operator } from "../support/admin-stage.js";
import { notice } from "../support/headings.js";
import { idJagTokenType } from "../support/issuer.js";
import { expectRefused, type ProviderWorld, providerWorld, registerBy } from "../support/issuer-world.js";
import { callApi, exchange, openPage, poll, register, submitPage } from "../support/world.js";
import { expectNotice, preparedForm } from "./observed-world.js";

let stage: ProviderWorld;
beforeEach(async () => {
  stage = await providerWorld({ options: { preClaimScopes: ["api.read", "api.write"] } });
});

const admin = () => stage.auth.admin;
const alice = { claims: { email: "alice@example.com", sub: "alice-at-idp" } };
const scopesOf = async (id: string) => (await admin().findRegistration(id))?.registration.scopes;
const anonymous = async () => (await register.anonymous(stage)).body;
const claimBy = (claimToken: string, assertion = stage.idp.mint()) =>
  stage.agent.post("/agent/identity/claim").send({
    claim_token: claimToken,
    type: "identity_assertion",
    assertion_type: idJagTokenType,
    assertion,
  });
const scopeOf = async ({ identity_assertion: assertion }: { identity_assertion: string }) =>
  (await exchange(stage, assertion)).body.scope;

describe("narrower scopes", () => {
  const narrowed = async () => {
    const { body } = await registerBy(stage, stage.idp.mint());
    expect(await admin().narrowScopes(body.id, ["api.read"], operator)).toBe(true);
    return body.id as string;
  };

  test("hold for another registration of the same person, bound by a new ID-JAG", async () => {
    const first = await narrowed();
    const { body } = await claimBy((await anonymous()).claim_token);
    expect(body.status).toBe("claimed");
    expect(await scopeOf(body)).toBe("api.read");
    expect(await scopesOf(body.id)).toEqual(["api.read"]);
    const again = await registerBy(stage, stage.idp.mint());
    expect(again.body).toMatchObject({ id: first, scopes: ["api.read"] });
  });

  test("hold for another one that was bound before, from its next ID-JAG on", async () => {
    const { body: own } = await registerBy(stage, stage.idp.mint());
    const { body: other } = await claimBy((await anonymous()).claim_token);
    expect(await admin().narrowScopes(other.id, ["api.read"], operator)).toBe(true);
    expect(await scopesOf(own.id)).toEqual(["api.read", "api.write"]);
    expect((await registerBy(stage, stage.idp.mint())).body.scopes).toEqual(["api.read"]);
  });

  test("are nobody else's at the provider", async () => {
    await narrowed();
    const { body } = await registerBy(
      stage,
      stage.idp.mint({ claims: { sub: "another", email: "b@b.example" } }),
    );
    expect(body.scopes).toEqual(["api.read", "api.write"]);
  });

  test("of an agent nobody has claimed hold when an ID-JAG claims it", async () => {
    const { id, claim_token: claimToken } = await anonymous();
    expect(await admin().narrowScopes(id, ["api.read"], operator)).toBe(true);
    const { body } = await claimBy(claimToken);
    expect(body.status).toBe("claimed");
    expect(await scopeOf(body)).toBe("api.read");
  });

  test("that leave an ID-JAG nothing are policy_not_met, and nobody is created for it", async () => {
    const { id, claim_token: claimToken } = await anonymous();
    await admin().narrowScopes(id, ["api.read"], operator);
    const assertion = stage.idp.mint({ claims: { scope: "api.write" } });
    await expectRefused(stage, () => claimBy(claimToken, assertion), "policy_not_met");
    expect(stage.book.created).toEqual([]);
  });

  test("are lifted by a person who claims, and sees what they tick", async () => {
    const { body } = await register.anonymous(stage);
    await admin().narrowScopes(body.id, ["api.read"], operator);
    const started = await claimBy(body.claim_token, stage.idp.mint(alice));
    const { verification_uri: uri, user_code: userCode } = started.body.claim_attempt;
    expect((await submitPage(stage, uri, "alice", { userCode })).status).toBe(303);
    expect((await poll(stage, body.claim_token)).body.scope).toBe("api.read api.write");
    expect(await stage.rows("delegations")).toMatchObject([{ scope_ceiling: "api.read api.write" }]);
  });

  test("are lifted by a person who approves anew after the link was cut", async () => {
    const id = await narrowed();
    const [{ subject }] = (await stage.rows("delegations")) as [{ subject: string }];
    const [account] = stage.book.accounts.slice(-1);
    Object.assign(account ?? {}, { verified: true, email: "alice@example.com", id: "usr_alice" });
    await admin().unlinkDelegation(stage.idp.issuer, subject, operator);
    stage.clock.advance(1);
    const asked = await registerBy(stage, stage.idp.mint({ claims: { email: "alice@example.com" } }));
    expect([asked.status, asked.body.id]).toEqual([401, id]);
    const { verification_uri: uri, user_code: userCode } = asked.body.claim;
    await submitPage(stage, uri, "alice", { userCode });
    expect((await poll(stage, asked.body.claim_token)).body.scope).toBe("api.read api.write");
  });
});

describe("an end date", () => {
  const untilTheEnd = 100;
  const ending = async () => {
    const { body } = await registerBy(stage, stage.idp.mint());
    const endsAt = admin().now() + untilTheEnd;
    expect(await admin().setEndDate(body.id, endsAt, operator)).toBe(true);
    return { id: body.id as string, endsAt };
  };

  test("is taken over by an agent that is claimed for the same person before it comes", async () => {
    const { endsAt } = await ending();
    const { body } = await claimBy((await anonymous()).claim_token);
    expect(body.status).toBe("claimed");
    expect(body.assertion_expires).toBe(new Date(endsAt * 1000).toISOString());
    const { access_token: token, expires_in: seconds } = (await exchange(stage, body.identity_assertion))
      .body;
    expect(seconds).toBe(untilTheEnd);
    stage.clock.advance(untilTheEnd - 1);
    expect((await callApi(stage, token)).status).toBe(200);
    stage.clock.advance(1);
    expect((await callApi(stage, token)).status).toBe(401);
    expect((await admin().findRegistration(body.id))?.status).toBe("ended");
    await expectRefused(stage, () => registerBy(stage, stage.idp.mint()), "registration_suspended");
    const next = await anonymous();
    const assertion = stage.idp.mint();
    await expectRefused(stage, () => claimBy(next.claim_token, assertion), "registration_suspended");
  });

  test("is taken over by the registration itself, revived, and by a new one", async () => {
    const { id, claim_token: claimToken } = await anonymous();
    const { body: first } = await claimBy(claimToken);
    expect(first.id).toBe(id);
    const endsAt = admin().now() + untilTheEnd;
    await admin().setEndDate(id, endsAt, operator);
    const { body } = await registerBy(stage, stage.idp.mint());
    expect((await admin().findRegistration(body.id))?.registration.endsAt).toBe(endsAt);
  });

  test("is taken over with a person's approval, too: it is not theirs to lift", async () => {
    const { id, endsAt } = await ending();
    const row = (await stage.rows("registrations")).find((registration) => registration.id === id);
    await admin().unlinkDelegation(stage.idp.issuer, String(row?.subject), operator);
    stage.clock.advance(1);
    const { claim_token: claimToken } = await anonymous();
    const claims = { sub: row?.subject, email: "alice@example.com" };
    const started = await claimBy(claimToken, stage.idp.mint({ claims }));
    const { verification_uri: uri, user_code: userCode } = started.body.claim_attempt;
    expect((await submitPage(stage, uri, "alice", { userCode })).status).toBe(303);
    const { body } = await poll(stage, claimToken);
    expect((await admin().findRegistration(started.body.id))?.registration.endsAt).toBe(endsAt);
    stage.clock.advance(untilTheEnd);
    expect((await callApi(stage, body.access_token)).status).toBe(401);
  });

  test("holds however little the host keeps of what has ended", async () => {
    stage = await providerWorld({ options: { retention: { endedRegistrationsDays: 1 } } });
    const { id } = await ending();
    stage.clock.advance(10 * 86_400);
    await stage.auth.sweep();
    await expectRefused(stage, () => registerBy(stage, stage.idp.mint()), "registration_suspended");
    expect((await admin().findRegistration(id))?.status).toBe("ended");
  });

  test("is nobody else's at the provider", async () => {
    await ending();
    const { body } = await registerBy(
      stage,
      stage.idp.mint({ claims: { sub: "another", email: "b@b.example" } }),
    );
    expect((await admin().findRegistration(body.id))?.registration.endsAt).toBeNull();
  });
});

describe("a stop of the person's agents", () => {
  test("is what the page says: it would ask for the same again and again", async () => {
    const { claim_token: other } = await anonymous();
    const started = await claimBy(other, stage.idp.mint(alice));
    const { verification_uri: uri, user_code: userCode } = started.body.claim_attempt;
    const asked = await registerBy(stage, stage.idp.mint(alice));
    expect(asked.status).toBe(401);
    const submit = await preparedForm(stage, uri, "alice");
    await admin().suspend(asked.body.id, operator);
    const before = await stage.snapshot();
    expectNotice(await openPage(stage, uri, "alice"), 403, notice("suspended"));
    expectNotice(await submit({ userCode }), 403, notice("suspended"));
    expect(await stage.snapshot()).toEqual(before);
    await admin().resume(asked.body.id, operator);
    expect((await submit({ userCode })).status).toBe(303);
    expect((await poll(stage, other)).status).toBe(200);
  });
});
