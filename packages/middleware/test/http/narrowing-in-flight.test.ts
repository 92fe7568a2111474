/**
 * Scopes that an operator narrows while something is under way, or before it is heard of again: what was decided before
 * is not decided anew (PROTOCOL section 8).
 */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { operator } from "../support/admin-stage.js";
import { idJagTokenType } from "../support/issuer.js";
import {
  expectNamed,
  expectRefused,
  type ProviderWorld,
  providerWorld,
  registerBy,
} from "../support/issuer-world.js";
import { complete, reveal } from "../support/read-back.js";
import { exchange, register, submitPage, type World } from "../support/world.js";
import { expectAgentRefusal } from "./observed-world.js";

const both = ["api.read", "api.write"];
let stage: ProviderWorld;
/** Happens inside the next call of `findById` or `create`. */
let happening: (() => Promise<unknown>) | null;

const happen = async () => {
  const now = happening;
  happening = null;
  await now?.();
};

beforeEach(async () => {
  happening = null;
  stage = await providerWorld({
    options: { preClaimScopes: both },
    accounts: (book) => ({
      async findById(id) {
        await happen();
        return book.hooks().findById(id);
      },
      async create(person) {
        await happen();
        return book.create(person);
      },
    }),
  });
});

const admin = () => stage.auth.admin;
const alice = (claims: object = {}) => ({
  claims: { email: "alice@example.com", sub: "alice-at-idp", ...claims },
});
const anonymous = async () => (await register.anonymous(stage)).body;
const claimBy = ({ agent }: World, claimToken: string, assertion = stage.idp.mint()) =>
  agent.post("/agent/identity/claim").send({
    claim_token: claimToken,
    type: "identity_assertion",
    assertion_type: idJagTokenType,
    assertion,
  });
const narrow = (id: string, scopes: string[]) => admin().narrowScopes(id, scopes, operator);
const scopesOf = async (id: string) => (await admin().findRegistration(id))?.registration.scopes;
const linked = async () => (await stage.rows("delegations")).filter(({ user_id }) => user_id !== null);

describe("narrowed inside a hook of the host", () => {
  test("a registration that is kept is cut as well", async () => {
    const { body } = await registerBy(stage, stage.idp.mint());
    happening = () => narrow(body.id, ["api.read"]);
    expect((await registerBy(stage, stage.idp.mint())).body.scopes).toEqual(["api.read"]);
  });

  test("an agent that is claimed is cut as well", async () => {
    const { id, claim_token: claimToken } = await anonymous();
    happening = () => narrow(id, ["api.read"]);
    const { body } = await claimBy(stage, claimToken);
    expect((await exchange(stage, body.identity_assertion)).body.scope).toBe("api.read");
  });

  test("one that is left nothing is policy_not_met, and stays what it was", async () => {
    const { body } = await registerBy(stage, stage.idp.mint());
    const { id: other } = (await claimBy(stage, (await anonymous()).claim_token)).body;
    await narrow(body.id, ["api.write"]);
    happening = () => narrow(other, ["api.read"]);
    expectNamed(await registerBy(stage, stage.idp.mint()), "policy_not_met");
    expect([await scopesOf(body.id), await scopesOf(other)]).toEqual([["api.write"], ["api.read"]]);
  });

  test("one nobody has claimed that is left nothing is policy_not_met, and stays unclaimed", async () => {
    const { id, claim_token: claimToken } = await anonymous();
    const { idp, book, clock, database } = stage;
    const writing = await providerWorld({
      ...{ idp, book, clock, database, options: { postClaimScopes: ["api.write"] } },
      accounts: () => ({
        async create(person) {
          expect(await narrow(id, ["api.read"])).toBe(true);
          return book.create(person);
        },
      }),
    });
    expectNamed(await claimBy(writing, claimToken), "policy_not_met");
    expect((await admin().findRegistration(id))?.status).toBe("unclaimed");
    expect(await linked()).toEqual([]);
  });
});

describe("a person who is asked", () => {
  test("may be asked for what was taken from the agent", async () => {
    const { id, claim_token: claimToken } = await anonymous();
    await narrow(id, ["api.read"]);
    const asked = await claimBy(stage, claimToken, stage.idp.mint(alice({ scope: "api.write" })));
    expect([asked.status, asked.body.status]).toEqual([200, "initiated"]);
    const { verification_uri: uri, user_code: userCode } = asked.body.claim_attempt;
    expect((await submitPage(stage, uri, "alice", { userCode })).status).toBe(303);
    expect(await scopesOf(id)).toEqual(["api.write"]);
  });

  test("has not granted anew what they had confirmed before", async () => {
    const { id, claim_token: claimToken } = await anonymous();
    const started = await claimBy(stage, claimToken, stage.idp.mint(alice()));
    const code = await reveal(stage, { uri: started.body.claim_attempt.verification_uri });
    expect(await narrow(id, ["api.read"])).toBe(true);
    const completed = await complete(stage, claimToken, code);
    expect(completed.status).toBe(200);
    expect((await exchange(stage, completed.body.identity_assertion)).body.scope).toBe("api.read");
    expect(await linked()).toMatchObject([{ scope_ceiling: "api.read" }]);
  });

  test("has to look again when nothing is left of what they had confirmed", async () => {
    const { id, claim_token: claimToken } = await anonymous();
    const started = await claimBy(stage, claimToken, stage.idp.mint(alice()));
    const uri = started.body.claim_attempt.verification_uri;
    const code = await reveal(stage, { uri }, "alice", ["api.write"]);
    await narrow(id, ["api.read"]);
    const before = await stage.snapshot();
    expectAgentRefusal(await complete(stage, claimToken, code), 410, "otp_expired", "user_code_expired");
    expect(await stage.snapshot()).toEqual(before);
  });

  test("is granted for with what is left, when it is taken while the agent brings the code", async () => {
    const { id, claim_token: claimToken } = await anonymous();
    const started = await claimBy(stage, claimToken, stage.idp.mint(alice()));
    const code = await reveal(stage, { uri: started.body.claim_attempt.verification_uri });
    happening = () => narrow(id, ["api.read"]);
    const late = await complete(stage, claimToken, code);
    expect([late.status, late.body.error, late.body.retry_after]).toEqual([
      503,
      "temporarily_unavailable",
      1,
    ]);
    expect((await admin().findRegistration(id))?.status).toBe("pending_claim");
    expect((await complete(stage, claimToken, code)).status).toBe(200);
    expect(await scopesOf(id)).toEqual(["api.read"]);
  });
});

describe("after the link is gone", () => {
  test("nobody is created for what the registration may not have, and the workbench says so", async () => {
    const { body } = await registerBy(stage, stage.idp.mint());
    await narrow(body.id, ["api.read"]);
    const [{ subject } = { subject: "" }] = await linked();
    await admin().unlinkDelegation(stage.idp.issuer, String(subject), operator);
    stage.clock.advance(1);
    const assertion = stage.idp.mint({ claims: { scope: "api.write" } });
    const { checks, would } = await admin().tryIdJag(assertion);
    expect(would).toBeNull();
    expect(checks.find(({ outcome }) => outcome === "failed")?.name).toBe("ceiling");
    await expectRefused(stage, () => registerBy(stage, assertion), "policy_not_met");
    const again = await registerBy(stage, stage.idp.mint());
    expect(again.body).toMatchObject({ id: body.id, scopes: ["api.read"] });
  });
});
