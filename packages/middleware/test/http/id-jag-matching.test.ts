/** Whom an ID-JAG speaks of, and what becomes of people the host does not know (PROTOCOL section 3, matching order). */
import { describe, expect, test } from "@jest/globals";
import {
  type AccountBook,
  expectRefused,
  type ProviderWorld,
  providerWorld,
  registerBy,
} from "../support/issuer-world.js";
import { poll, submitPage } from "../support/world.js";
import { expectAgentRefusal } from "./observed-world.js";

const alice = { email: "alice@example.com" };
const phone = "+4312345678";
const withPhone = (id: string) => (book: AccountBook) => {
  const account = book.accounts.find((entry) => entry.id === id);
  if (account !== undefined) account.phone = phone;
  return {};
};

async function link(stage: ProviderWorld, claims: object): Promise<void> {
  const { body } = await registerBy(stage, stage.idp.mint({ claims: { ...claims } }));
  await submitPage(stage, body.claim.verification_uri, "alice", { userCode: body.claim.user_code });
  expect((await poll(stage, body.claim_token)).status).toBe(200);
}
const hints = async (stage: ProviderWorld) =>
  (await stage.rows("claim_attempts")).map(({ link_user_id }) => link_user_id);

describe("the order", () => {
  test("the link comes first, whatever address the assertion names", async () => {
    const stage = await providerWorld();
    await link(stage, alice);
    for (const email of ["bob@example.com", "nobody@example.org"]) {
      const { status } = await registerBy(stage, stage.idp.mint({ claims: { email } }));
      expect(status).toBe(200);
    }
    expect(await stage.rows("registrations")).toMatchObject([{ user_id: "usr_alice" }]);
    expect(stage.book.created).toEqual([]);
  });

  test("a verified e-mail comes before a verified phone", async () => {
    const stage = await providerWorld({ accounts: withPhone("usr_bob") });
    const claims = { ...alice, phone_number: phone, phone_number_verified: true };
    expect((await registerBy(stage, stage.idp.mint({ claims }))).status).toBe(401);
    expect(await hints(stage)).toEqual(["usr_alice"]);
  });

  test.each<[string, object]>([
    ["the e-mail belongs to nobody", { email: "nobody@example.org" }],
    ["the e-mail is not verified", { ...alice, email_verified: false }],
    ["there is no e-mail", { email: undefined, email_verified: undefined }],
  ])("the phone counts when %s", async (_what, claims) => {
    const stage = await providerWorld({ accounts: withPhone("usr_bob") });
    const assertion = stage.idp.mint({
      claims: { phone_number: phone, phone_number_verified: true, ...claims },
    });
    expect((await registerBy(stage, assertion)).status).toBe(401);
    expect(await hints(stage)).toEqual(["usr_bob"]);
    expect(await stage.rows("claim_attempts")).toMatchObject([{ login_hint: "bob@example.com" }]);
  });

  test("a phone that is not verified counts for nothing", async () => {
    const stage = await providerWorld({ accounts: withPhone("usr_bob") });
    const { status } = await registerBy(stage, stage.idp.mint({ claims: { phone_number: phone } }));
    expect(status).toBe(200);
    expect(await hints(stage)).toEqual([]);
    expect(stage.book.created).toMatchObject([{ email: "carol@example.org", phone: null }]);
  });

  test("the address is compared trimmed and in lower case", async () => {
    const stage = await providerWorld();
    const assertion = stage.idp.mint({ claims: { email: "  ALICE@Example.com " } });
    expect((await registerBy(stage, assertion)).status).toBe(401);
    expect(await hints(stage)).toEqual(["usr_alice"]);
  });

  test("an account whose address the host has not verified does not match", async () => {
    const stage = await providerWorld();
    stage.book.accounts.push({ id: "usr_squatter", email: "carol@example.org", verified: false });
    expect((await registerBy(stage, stage.idp.mint())).status).toBe(200);
    expect((await stage.rows("delegations"))[0]?.user_id).not.toBe("usr_squatter");
  });

  test("a person with a phone only is created with it", async () => {
    const stage = await providerWorld();
    const claims = { email: undefined, phone_number: phone, phone_number_verified: true };
    expect((await registerBy(stage, stage.idp.mint({ claims }))).status).toBe(200);
    expect(stage.book.created).toMatchObject([{ email: null, phone }]);
  });
});

describe("a linked user who was deleted", () => {
  test("does not match: the person is created anew, and the old one is not asked for again", async () => {
    const stage = await providerWorld();
    const first = (await registerBy(stage, stage.idp.mint())).body;
    const [old] = await stage.rows("delegations");
    stage.book.delete(String(old?.user_id));
    const second = await registerBy(stage, stage.idp.mint());
    expect({ status: second.status, id: second.body.id }).toEqual({ status: 200, id: first.id });
    const [link] = await stage.rows("delegations");
    expect(link?.user_id).not.toBe(old?.user_id);
    expect(await stage.rows("registrations")).toMatchObject([{ user_id: link?.user_id, generation: 2 }]);
    const keys = stage.book.created.map(({ idempotencyKey }) => idempotencyKey);
    expect(new Set(keys).size).toBe(2);
  });

  test("whose address another account has now: that one has to approve", async () => {
    const stage = await providerWorld();
    await link(stage, alice);
    stage.book.delete("usr_alice");
    stage.book.accounts.push({ id: "usr_heir", email: "alice@example.com", verified: true });
    expect((await registerBy(stage, stage.idp.mint({ claims: alice }))).status).toBe(401);
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: null, scope_ceiling: null }]);
    expect(await stage.rows("registrations")).toMatchObject([{ user_id: null, claimed_at: null }]);
  });

  test("where nobody can be created is account_not_found, and the link stays as it was", async () => {
    const stage = await providerWorld({ provider: { jit: false } });
    await link(stage, alice);
    stage.book.delete("usr_alice");
    const assertion = stage.idp.mint({ claims: alice });
    await expectRefused(stage, () => registerBy(stage, assertion), "account_not_found");
  });

  test("and a token that was used before brings nobody back", async () => {
    const stage = await providerWorld();
    const assertion = stage.idp.mint();
    await registerBy(stage, assertion);
    stage.book.delete(String((await stage.rows("delegations"))[0]?.user_id));
    const { body } = await registerBy(stage, assertion);
    expect(body.error).toBe("replay_detected");
    expect(stage.book.created).toHaveLength(1);
    expect(await stage.rows("registrations")).toMatchObject([{ generation: 1 }]);
  });
});

describe("nobody known", () => {
  test.each<[string, Parameters<typeof providerWorld>[0]]>([
    ["the provider may not bring people", { provider: { jit: false } }],
    ["the host has no hook", { accounts: () => ({ create: undefined }) }],
    [
      "the host has no hooks at all",
      { accounts: () => ({ create: undefined, findByEmail: undefined, findByPhone: undefined }) },
    ],
  ])("is account_not_found when %s, and the jti is not burnt", async (_what, options) => {
    const stage = await providerWorld(options);
    const assertion = stage.idp.mint();
    for (let time = 0; time < 2; time += 1)
      await expectRefused(stage, () => registerBy(stage, assertion), "account_not_found");
  });

  test("without findByEmail an account of that address is not found, and one is created", async () => {
    const stage = await providerWorld({ accounts: () => ({ findByEmail: undefined }) });
    expect((await registerBy(stage, stage.idp.mint({ claims: alice }))).status).toBe(200);
    expect((await stage.rows("delegations"))[0]?.user_id).not.toBe("usr_alice");
  });

  test("refused by the host with null: nothing is bound, and the next one asks with the same key", async () => {
    let refuses = true;
    const stage = await providerWorld({
      accounts: (book) => ({
        create: (person) => {
          if (!refuses) return book.create(person);
          book.created.push(person);
          return null;
        },
      }),
    });
    const refused = await registerBy(stage, stage.idp.mint());
    expectAgentRefusal(refused, 403, "account_not_found");
    expect(await stage.rows("registrations")).toEqual([]);
    expect(await stage.rows("delegations")).toMatchObject([
      { user_id: null, linked_at: null, reserved_until: null },
    ]);
    refuses = false;
    expect((await registerBy(stage, stage.idp.mint())).status).toBe(200);
    expect(new Set(stage.book.created.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });

  test.each<[string, () => never | Promise<never>]>([
    [
      "at once",
      () => {
        throw new Error("the host's database is on fire");
      },
    ],
    ["later", () => Promise.reject(new Error("the host's database is on fire"))],
  ])("the host's hook throws %s: nothing is bound, nothing is told, the key is kept", async (_what, fail) => {
    let fails = true;
    const stage = await providerWorld({
      accounts: (book) => ({
        create: (person) => {
          if (!fails) return book.create(person);
          book.created.push(person);
          return fail();
        },
      }),
    });
    const failed = await registerBy(stage, stage.idp.mint());
    expectAgentRefusal(failed, 500, "server_error");
    expect(failed.text).not.toContain("fire");
    expect(await stage.rows("registrations")).toEqual([]);
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: null, reserved_until: null }]);
    fails = false;
    expect((await registerBy(stage, stage.idp.mint())).status).toBe(200);
    expect(stage.book.created).toHaveLength(2);
    expect(new Set(stage.book.created.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(await stage.rows("delegations")).toHaveLength(1);
  });
});
