/** Rows of tokens are used again only while nothing was committed: not by us, and not by anybody else on the file. */
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
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
  return { ours, theirs, registration, token };
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
