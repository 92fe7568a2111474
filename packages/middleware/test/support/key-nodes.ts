/** Owns nodes of one service on one database, as far as signing keys go. All of them go away after the test. */

import { randomUUID } from "node:crypto";
import type { Logger } from "@agent-auth/middleware";
import { type FixedClock, fixedClock, seededRandom } from "@agent-auth/middleware/testing";
import { type DerivedKey, open } from "@agent-auth/web/secrets";
import { deriveKeys } from "../../src/keys/derived-keys.js";
import { OwnKeys } from "../../src/keys/own-keys.js";
import type { Store } from "../../src/ports.js";
import type { TestDatabase } from "./database.js";
import { closeAfterTest } from "./stages.js";

export const secret = "the current secret of the key tests, long enough";
export const olderSecret = "the older secret of the key tests, long enough";
export const operator = { kind: "operator", id: "op_1" } as const;
export const claims = { iss: "https://notes.example", sub: "reg_1" };
export const silence: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export interface KeyNode {
  keys: OwnKeys;
  store: Store;
  clock: FixedClock;
  kids(): Promise<string[]>;
  /** The private halves as stored, opened with these secrets. */
  privateHalves(secrets?: string[]): Promise<(string | null)[]>;
  close(): Promise<void>;
}

/** A node that has not started yet. */
export function keyNode(
  database: Pick<TestDatabase, "open">,
  { secrets = [secret], clock = fixedClock() }: { secrets?: string[]; clock?: FixedClock } = {},
): KeyNode {
  const { store } = database.open();
  const encryptionKeys: readonly [DerivedKey, ...DerivedKey[]] = deriveKeys(
    secrets,
    "signing-key-encryption",
  );
  const keys = new OwnKeys({ store, clock, random: seededRandom(randomUUID()), encryptionKeys });
  let isClosed = false;
  const close = async () => {
    if (!isClosed) await store.close();
    isClosed = true;
  };
  closeAfterTest(close);
  return {
    keys,
    store,
    clock,
    kids: async () => (await keys.publicKeys()).keys.map(({ kid }) => kid as string),
    privateHalves: async (given = secrets) => {
      const sealing = deriveKeys(given, "signing-key-encryption");
      const stored = await store.listSigningKeys();
      return stored.map(({ encryptedPrivateJwk, kid }) => open(sealing, encryptedPrivateJwk, kid));
    },
    close,
  };
}

/** A node that has. */
export async function startedNode(...parameters: Parameters<typeof keyNode>): Promise<KeyNode> {
  const node = keyNode(...parameters);
  await node.keys.start();
  return node;
}
