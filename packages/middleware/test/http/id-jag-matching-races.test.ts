/** Many ID-JAGs at once, and a process that dies between creating a user and writing the link (PROTOCOL section 3). */
import { describe, expect, test } from "@jest/globals";
import { StoreUnavailable } from "../../src/ports.js";
import {
  expectNamed,
  type ProviderWorld,
  providerWorld,
  registerBy,
  tally,
} from "../support/issuer-world.js";
import { exchange } from "../support/world.js";
import { expectAgentRefusal } from "./observed-world.js";

const alice = { email: "alice@example.com" };
const together = <Answer>(count: number, send: (index: number) => PromiseLike<Answer>) =>
  Promise.all(Array.from({ length: count }, (_, index) => send(index)));

/** A host that takes its time to create people. */
const slowly = {
  accounts: (book: ProviderWorld["book"]) => ({
    create: async (person: Parameters<ProviderWorld["book"]["create"]>[0]) => {
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      return book.create(person);
    },
  }),
};

/** A host that takes the provider's word for the address of a new account. */
const matchingAtOnce = {
  accounts: (book: ProviderWorld["book"]) => ({
    create: (person: Parameters<ProviderWorld["book"]["create"]>[0]) =>
      Object.assign(book.create(person), { verified: true }),
  }),
};

describe("twenty copies of one ID-JAG at once", () => {
  test.each<[string, object]>([
    ["a stranger", {}],
    ["a stranger whom the host creates slowly", slowly],
  ])("of %s: one success", async (_what, options) => {
    const stage = await providerWorld(options);
    const assertion = stage.idp.mint();
    const answers = await together(20, () => registerBy(stage, assertion));
    expect(tally(answers)).toEqual({ "200": 1, "400 replay_detected": 19 });
    expect(stage.book.created).toHaveLength(1);
    expect(await stage.rows("delegations")).toHaveLength(1);
    expect(await stage.rows("registrations")).toHaveLength(1);
    expect(await stage.rows("seen_jwt_ids")).toHaveLength(1);
  });

  test("of a linked person: one success", async () => {
    const stage = await providerWorld();
    await registerBy(stage, stage.idp.mint());
    const assertion = stage.idp.mint();
    const answers = await together(20, () => registerBy(stage, assertion));
    expect(tally(answers)).toEqual({ "200": 1, "400 replay_detected": 19 });
    const issued = (await stage.rows("audit_events")).filter(({ type }) => type === "assertion.issued");
    expect(issued).toHaveLength(2);
  });

  test("of somebody with an account: one step-up", async () => {
    const stage = await providerWorld();
    const assertion = stage.idp.mint({ claims: alice });
    const answers = await together(20, () => registerBy(stage, assertion));
    expect(tally(answers)).toEqual({ "401 interaction_required": 1, "400 replay_detected": 19 });
    expect(await stage.rows("claim_attempts")).toHaveLength(1);
  });

  test("on two nodes that share the database: one success", async () => {
    const one = await providerWorld();
    const shared = { idp: one.idp, book: one.book, clock: one.clock };
    const two = await providerWorld({ ...shared, database: one.database });
    const assertion = one.idp.mint();
    const answers = await together(20, (index) => registerBy(index % 2 === 0 ? one : two, assertion));
    const { "200": successes, ...others } = tally(answers);
    expect(successes).toBe(1);
    for (const name of Object.keys(others))
      expect(["400 replay_detected", "503 temporarily_unavailable"]).toContain(name);
    expect(one.book.byKey.size).toBe(1);
    expect(await one.rows("delegations")).toHaveLength(1);
    // Whoever was told to wait and comes back learns that it was used.
    expectNamed(await registerBy(two, assertion), "replay_detected");
  });
});

describe("twenty ID-JAGs of one person at once", () => {
  test.each<[string, object]>([
    ["a stranger", {}],
    ["a stranger whom the host creates slowly", slowly],
    ["a stranger whose new account matches at once", matchingAtOnce],
  ])("of %s: one user, one link, one registration, all are let in", async (_what, options) => {
    const stage = await providerWorld(options);
    const answers = await together(20, () => registerBy(stage, stage.idp.mint()));
    expect(tally(answers)).toEqual({ "200": 20 });
    expect(stage.book.byKey.size).toBe(1);
    expect(stage.book.created).toHaveLength(1);
    expect(await stage.rows("delegations")).toMatchObject([
      { user_id: [...stage.book.byKey.values()][0]?.id },
    ]);
    expect(await stage.rows("registrations")).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    for (const { body } of answers) expect((await exchange(stage, body.identity_assertion)).status).toBe(200);
  });

  test("whom the host refuses: all are told, and nobody is bound", async () => {
    const stage = await providerWorld({ accounts: () => ({ create: async () => null }) });
    const answers = await together(20, () => registerBy(stage, stage.idp.mint()));
    expect(tally(answers)).toEqual({ "403 account_not_found": 20 });
    expect(await stage.rows("registrations")).toEqual([]);
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: null, reserved_until: null }]);
  });

  test("with an account: one claim, of the last attempt, and at most five attempts", async () => {
    const stage = await providerWorld();
    const answers = await together(20, () => registerBy(stage, stage.idp.mint({ claims: alice })));
    expect(tally(answers)).toEqual({ "401 interaction_required": 5, "429 too_many_attempts": 15 });
    expect(await stage.rows("registrations")).toHaveLength(1);
    const alive = (await stage.rows("claim_attempts")).filter(({ replaced_at }) => replaced_at === null);
    expect(alive).toHaveLength(1);
  });

  test("whose account is gone, on two nodes: who is told to come back can", async () => {
    const one = await providerWorld(slowly);
    const shared = { idp: one.idp, book: one.book, clock: one.clock, ...slowly };
    const two = await providerWorld({ ...shared, database: one.database });
    await registerBy(one, one.idp.mint());
    one.book.accounts = [];
    const assertions = Array.from({ length: 6 }, () => one.idp.mint());
    const send = (index: number) => registerBy(index % 2 === 0 ? one : two, assertions[index]);
    const answers = await together(6, send);
    const waiting = answers.flatMap(({ status }, index) => (status === 503 ? [index] : []));
    expect(tally(answers)).toEqual({
      "200": 6 - waiting.length,
      ...(waiting.length === 0 ? {} : { "503 temporarily_unavailable": waiting.length }),
    });
    expect(waiting.length).toBeLessThan(6);
    for (const index of waiting) expect((await send(index)).status).toBe(200);
    expect(one.book.created).toHaveLength(2);
  });

  test("on two nodes: one user, and who is not let in is told to come back", async () => {
    const one = await providerWorld(slowly);
    const shared = { idp: one.idp, book: one.book, clock: one.clock, ...slowly };
    const two = await providerWorld({ ...shared, database: one.database });
    const answers = await together(20, (index) =>
      registerBy(index % 2 === 0 ? one : two, one.idp.mint({ claims: { jti: `jti-${index}` } })),
    );
    expect(one.book.byKey.size).toBe(1);
    expect(await one.rows("delegations")).toHaveLength(1);
    expect(await one.rows("registrations")).toHaveLength(1);
    for (const [index, answer] of answers.entries()) {
      if (answer.status === 200) continue;
      expectAgentRefusal(answer, 503, "temporarily_unavailable");
      expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
      // A call that has to come back has not used its jti.
      const again = await registerBy(two, one.idp.mint({ claims: { jti: `jti-${index}` } }));
      expect(again.status).toBe(200);
    }
  });
});

describe("a crash between the user and the link", () => {
  test("of the database: the next ID-JAG finishes with the same key, after the lease", async () => {
    let failures = 1;
    const stage = await providerWorld({
      store: (real) => ({
        admitByIdJag: async (input) => {
          if (failures-- > 0) throw new StoreUnavailable("the disk is gone for a moment");
          return real.admitByIdJag(input);
        },
      }),
    });
    const failed = await registerBy(stage, stage.idp.mint());
    expectAgentRefusal(failed, 503, "temporarily_unavailable");
    expect(failed.headers["retry-after"]).toBe("2");
    await expectResumed(stage);
  });

  test("of the process: another one finishes with the same key, after the lease", async () => {
    let wake = () => {};
    const dying = await providerWorld({
      accounts: (book) => ({
        create: (person) => {
          const account = book.create(person);
          return new Promise((resolve) => {
            wake = () => resolve(account);
          });
        },
      }),
    });
    const unanswered = registerBy(dying, dying.idp.mint()).then((response) => response);
    while (dying.book.created.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const { idp, book, clock, database } = dying;
    const next = await providerWorld({ idp, book, clock, database });
    await expectResumed(next);
    // It was only slow after all: what it does now is for the same user, and adds nothing.
    const [delegations, registrations] = [await next.rows("delegations"), await next.rows("registrations")];
    wake();
    expect((await unanswered).body.id).toBe(registrations[0]?.id);
    expect(await next.rows("delegations")).toEqual(delegations);
    expect(await next.rows("registrations")).toEqual(registrations);
  });

  async function expectResumed(stage: ProviderWorld): Promise<void> {
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: null, linked_at: null }]);
    expect(await stage.rows("registrations")).toEqual([]);
    const early = await registerBy(stage, stage.idp.mint());
    expectAgentRefusal(early, 503, "temporarily_unavailable");
    expect(early.headers["retry-after"]).toBe("30");
    expect(stage.book.created).toHaveLength(1);
    stage.clock.advance(30);
    const { status } = await registerBy(stage, stage.idp.mint());
    expect(status).toBe(200);
    const keys = stage.book.created.map(({ idempotencyKey }) => idempotencyKey);
    expect(keys).toEqual([keys[0], keys[0]]);
    expect(stage.book.byKey.size).toBe(1);
    const [account] = [...stage.book.byKey.values()];
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: account?.id, idempotency_key: null }]);
  }
});

describe("the memory of the jti", () => {
  test("fails closed: without it nobody is let in, created or linked", async () => {
    let forgetful = true;
    const stage = await providerWorld({
      store: (real) => ({
        rememberJwtId: async (input) => {
          if (forgetful) throw new StoreUnavailable("no memory");
          return real.rememberJwtId(input);
        },
      }),
    });
    for (const claims of [{}, { ...alice, sub: "alice-at-idp" }]) {
      const refused = await registerBy(stage, stage.idp.mint({ claims }));
      expectAgentRefusal(refused, 503, "temporarily_unavailable");
      expect(refused.headers["retry-after"]).toBe("2");
    }
    expect(stage.book.created).toEqual([]);
    expect(await stage.rows("registrations")).toEqual([]);
    expect(await stage.rows("claim_attempts")).toEqual([]);
    for (const row of await stage.rows("delegations"))
      expect(row).toMatchObject({ user_id: null, linked_at: null });
    forgetful = false;
    expect((await registerBy(stage, stage.idp.mint())).status).toBe(200);
    expect(stage.book.created).toHaveLength(1);
  });
});
