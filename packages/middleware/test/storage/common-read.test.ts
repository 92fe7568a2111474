/** Reads in common: one snapshot for a turn, never an older one than the request, and one failure for one caller. */
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { CommonRead } from "../../src/storage/sqlite/common-read.js";
import { openSqlite } from "../../src/storage/sqlite/open.js";
import { aRegistration, aToken } from "../../src/testing/builders.js";
import { closeAfterTest, temporaryFolder } from "../support/stages.js";

const now = 1_800_000_060;

function counted() {
  let transactions = 0;
  const reads = new CommonRead((work) => {
    transactions += 1;
    work();
  });
  return { reads, transactions: () => transactions };
}

describe("what is asked for in one turn", () => {
  test("is read in one transaction, in the order it was asked for, and answered one by one", async () => {
    const { reads, transactions } = counted();
    const order: number[] = [];
    const asked = Array.from({ length: 20 }, (_, place) =>
      reads.add(() => {
        order.push(place);
        return place * 2;
      }),
    );
    expect(transactions()).toBe(0);
    expect(await Promise.all(asked)).toEqual(asked.map((_, place) => place * 2));
    expect(order).toEqual(asked.map((_, place) => place));
    expect(transactions()).toBe(1);
    await reads.add(() => 1);
    expect(transactions()).toBe(2);
  });

  test("fails alone: the others are answered", async () => {
    const { reads } = counted();
    const answers = await Promise.allSettled([
      reads.add(() => "before"),
      reads.add(() => {
        throw new RangeError("this one");
      }),
      reads.add(() => "after"),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(answers[1]).toMatchObject({ reason: expect.objectContaining({ message: "this one" }) });
  });

  test("fails as a whole when no transaction can begin, and the next turn is none the worse", async () => {
    let isBroken = true;
    const reads = new CommonRead((work) => {
      if (isBroken) throw new Error("cannot begin");
      work();
    });
    const answers = await Promise.allSettled([reads.add(() => 1), reads.add(() => 2)]);
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    isBroken = false;
    expect(await reads.add(() => 3)).toBe(3);
  });
});

test("a revocation between the request and the end of its turn is seen", async () => {
  const path = join(temporaryFolder(), "agent-auth.db");
  const [ours, theirs] = [
    openSqlite({ path, durability: "balanced" }),
    openSqlite({ path, durability: "balanced" }),
  ];
  for (const store of [ours, theirs]) closeAfterTest(() => store.close());
  const registration = aRegistration();
  await ours.createRegistration({ registration, attempt: null, audit: [] });
  for (const writer of [theirs, ours]) {
    const token = aToken({ registrationId: registration.id });
    await ours.issueAccessToken({ token, now, audit: [] });
    expect((await ours.findAccessToken(token.hash))?.token.revokedAt).toBeNull();
    const asked = ours.findAccessToken(token.hash);
    // SQLite writes at once: this is committed before the turn is over.
    const revoked = writer.revokeAccessToken({ hash: token.hash, now, audit: [] });
    expect((await asked)?.token.revokedAt).toBe(now);
    expect(await revoked).toBe(true);
  }
});

test("a registration that was stopped is stopped for whoever asks after the answer, here and next door", async () => {
  const path = join(temporaryFolder(), "agent-auth.db");
  const stores = [openSqlite({ path, durability: "balanced" }), openSqlite({ path, durability: "balanced" })];
  for (const store of stores) closeAfterTest(() => store.close());
  const [ours] = stores as [(typeof stores)[number]];
  for (const writer of stores) {
    const registrations = Array.from({ length: 20 }, () => aRegistration());
    const tokens = registrations.map(({ id }) => aToken({ registrationId: id }));
    for (const registration of registrations)
      await ours.createRegistration({ registration, attempt: null, audit: [] });
    for (const token of tokens) await ours.issueAccessToken({ token, now, audit: [] });
    const stopped = await Promise.all(
      registrations.map(async ({ id }, place) => {
        expect(await writer.setSuspended({ registrationId: id, suspended: true, now, audit: [] })).toBe(true);
        const seen = await Promise.all(
          stores.map((store) => store.findAccessToken((tokens[place] as (typeof tokens)[number]).hash)),
        );
        return seen.map((found) => found?.holder.suspendedAt);
      }),
    );
    expect(stopped).toEqual(registrations.map(() => [now, now]));
  }
});

test("a read that is asked for after the store was closed says that the database is away", async () => {
  const store = openSqlite({ path: ":memory:", durability: "balanced" });
  const asked = store.findAccessToken(aToken().hash);
  await store.close();
  await expect(asked).rejects.toThrow(expect.objectContaining({ name: "StoreUnavailable" }));
  await expect(store.findAccessToken(aToken().hash)).rejects.toThrow(
    expect.objectContaining({ name: "StoreUnavailable" }),
  );
});
