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
  const token = aToken({ registrationId: registration.id });
  await ours.issueAccessToken({ token, now, audit: [] });
  for (const writer of [theirs, ours]) {
    expect(await ours.findAccessToken(token.hash)).not.toBeNull();
    const asked = ours.findAccessToken(token.hash);
    // SQLite writes at once: this is committed before the turn is over.
    const suspended = writer === theirs;
    const change = { registrationId: registration.id, suspended, now, audit: [] };
    const changed = writer.setSuspended(change);
    expect((await asked)?.holder.suspendedAt).toBe(suspended ? now : null);
    expect(await changed).toBe(true);
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
