/** Rows of tokens are used again only while nothing was committed: not by us, and not by anybody else on the file. */
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { openSqlite } from "../../src/storage/sqlite/open.js";
import { aRegistration, aToken } from "../../src/testing/builders.js";
import { closeAfterTest, temporaryFolder } from "../support/stages.js";

const now = 1_800_000_060;
const actor = { kind: "operator", id: "op_1" } as const;

async function twoStores() {
  const path = join(temporaryFolder(), "agent-auth.db");
  const [ours, theirs] = [0, 1].map(() => openSqlite({ path, durability: "balanced" }));
  if (ours === undefined || theirs === undefined) throw new Error("no store");
  closeAfterTest(() => ours.close());
  closeAfterTest(() => theirs.close());
  const registration = aRegistration();
  await ours.createRegistration({ registration, attempt: null, audit: [] });
  const token = aToken({ registrationId: registration.id });
  await ours.issueAccessToken({ token, now, audit: [] });
  return { ours, theirs, registration, token, path };
}

describe("a row that was read before", () => {
  test.each(["ours", "theirs"] as const)("shows at once what %s has changed, each time", async (who) => {
    const stage = await twoStores();
    const { ours, registration, token } = stage;
    const writer = stage[who];
    for (let round = 0; round < 50; round += 1) {
      const suspended = round % 2 === 0;
      const before = await ours.findAccessToken(token.hash);
      expect(await ours.findAccessToken(token.hash)).toEqual(before);
      const change = { registrationId: registration.id, suspended, now: now + round, audit: [] };
      expect(await writer.setSuspended(change)).toBe(true);
      const holder = (await ours.findAccessToken(token.hash))?.holder;
      expect(holder?.suspendedAt).toBe(suspended ? now + round : null);
    }
    const end = {
      registrationId: registration.id,
      as: "revoked" as const,
      actor,
      reason: "test",
      now,
      audit: [],
    };
    expect(await writer.endRegistration(end)).toBe(true);
    expect((await ours.findAccessToken(token.hash))?.holder.revokedAt).toBe(now);
    expect(await writer.revokeAccessToken({ hash: token.hash, now, audit: [] })).toBe(true);
    expect((await ours.findAccessToken(token.hash))?.token.revokedAt).toBe(now);
    expect(await writer.deleteExpiredTokens(token.expiresAt + 1, 10)).toBe(1);
    expect(await ours.findAccessToken(token.hash)).toBeNull();
  });

  test("is not kept for a token nobody knows: it is found as soon as somebody issues it", async () => {
    const { ours, theirs, registration } = await twoStores();
    const token = aToken({ registrationId: registration.id });
    expect(await ours.findAccessToken(token.hash)).toBeNull();
    await theirs.issueAccessToken({ token, now, audit: [] });
    expect((await ours.findAccessToken(token.hash))?.token).toEqual(token);
  });
});

describe("the place of a row", () => {
  test("is only a guess: rows that were given other numbers are found, and none for another", async () => {
    const { ours, registration, token, path } = await twoStores();
    const other = { registration: aRegistration(), token: aToken() };
    await ours.createRegistration({ registration: other.registration, attempt: null, audit: [] });
    await ours.issueAccessToken({
      ...{ now, audit: [] },
      token: { ...other.token, registrationId: other.registration.id },
    });
    const database = new Database(path);
    closeAfterTest(() => void database.close());
    const holders = async () => {
      const found = await Promise.all([token, other.token].map(({ hash }) => ours.findAccessToken(hash)));
      return found.map((one) => [one?.token.hash, one?.holder.id]);
    };
    const expected = [
      [token.hash, registration.id],
      [other.token.hash, other.registration.id],
    ];
    expect(await holders()).toEqual(expected);
    const swaps = [["registrations"], ["access_tokens"], ["registrations", "access_tokens"]];
    for (const tables of swaps) {
      // Row 1 becomes 2 and 2 becomes 1.
      for (const table of tables)
        database.exec(`UPDATE ${table} SET rowid = -rowid; UPDATE ${table} SET rowid = 3 + rowid`);
      expect(await holders()).toEqual(expected);
      expect(await holders()).toEqual(expected);
    }
    database.exec("VACUUM");
    expect(await holders()).toEqual(expected);
    database.exec(`DELETE FROM access_tokens WHERE hash = '${token.hash}'`);
    expect(await holders()).toEqual([[undefined, undefined], expected[1]]);
  });
});
