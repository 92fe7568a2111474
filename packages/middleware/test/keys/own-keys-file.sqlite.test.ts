/** What a SQLite file shows of signing keys to whoever reads its bytes: nothing that is secret. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { openStorage } from "../../src/storage/open.js";
import { operator, secret, startedNode } from "../support/key-nodes.js";
import { temporaryFolder } from "../support/stages.js";

/** Every byte of the database: the file, its write-ahead log and what else is next to it. */
function bytesOf(file: string): Buffer {
  const folder = dirname(file);
  return Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
}

describe("the file", () => {
  test("does not hold a private half, its bytes or the secret, neither open nor closed", async () => {
    const file = join(temporaryFolder(), "agent-auth.db");
    const node = await startedNode({ open: () => openStorage(`sqlite:${file}`, "balanced") });
    await node.keys.rotate(operator);
    const halves = (await node.privateHalves()).map((half) => JSON.parse(half as string).d as string);
    expect(halves).toHaveLength(2);
    const publicX = (await node.keys.publicKeys()).keys[0]?.x as string;
    const expectHidden = () => {
      const bytes = bytesOf(file);
      expect(bytes.includes(publicX)).toBe(true);
      for (const half of halves) {
        const raw = Buffer.from(half, "base64url");
        for (const form of [half, raw, raw.toString("hex"), raw.toString("base64")])
          expect(bytes.includes(form)).toBe(false);
      }
      for (const form of [secret, "the current secret"]) expect(bytes.includes(form)).toBe(false);
    };
    expectHidden();
    await node.close();
    expectHidden();
  });
});
