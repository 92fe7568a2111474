/**
 * Owns the keys this service signs identity assertions with: kept in the database, encrypted, shared by all nodes,
 * rotated with overlap. A new key is published one cache period before it signs; the old one stays published until
 * the last assertion it signed is over.
 */
import { type DerivedKey, nonceBytes, open, seal } from "@agent-auth/web/secrets";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  compactVerify,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import { LRUCache } from "lru-cache";
import type { AssertionKeys, Clock, Random, RotationNote, Store } from "../ports.js";
import { identityAssertionType } from "../protocol/identity-assertion.js";
import type { Actor, StoredSigningKey } from "../protocol/model.js";
import { Es256Signer } from "./es256-signer.js";
import { Turn } from "./turn.js";

const algorithm = "ES256";
/** As long as clients may cache the JWKS: a key is published at least this long before it signs. */
export const publishedBeforeUseSeconds = 300;
/** Nodes look for keys of other nodes this often, well within the time a new key is only published. */
const reloadAfterSeconds = 60;
/** An unknown `kid` makes us look again, but not more often than this. */
const unknownKidCooldownSeconds = 10;
const system: Actor = { kind: "system", id: null };

interface LoadedKey {
  stored: StoredSigningKey;
  publicKey: CryptoKey;
}

/** Thrown at start when the stored signing key was encrypted with a secret that is not in `secrets`. */
export class WrongSecretError extends Error {
  override readonly name = "WrongSecretError";
  constructor() {
    super(
      "The signing key in the database cannot be decrypted with any of `secrets`. Put the secret it was created with back as the last entry of `secrets`, or delete the rows of signing_keys to start over (all identity assertions then become invalid).",
    );
  }
}

export class OwnKeys implements AssertionKeys {
  #keys: LoadedKey[] = [];
  #signing: { kid: string; signer: Es256Signer } | null = null;
  #loadedAt = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | null = null;
  readonly #together = new Turn();
  /** Verified assertions. A signature never turns bad, and time is checked by the caller on each use. */
  readonly #verified = new LRUCache<string, { kid: string; claims: Record<string, unknown> }>({ max: 5000 });

  constructor(
    private readonly parts: {
      store: Store;
      clock: Clock;
      random: Random;
      encryptionKeys: readonly [DerivedKey, ...DerivedKey[]];
    },
  ) {}

  /** Loads the keys and creates the first one. Throws `WrongSecretError`. */
  async start(): Promise<void> {
    await this.#load();
    if (this.#keys.length === 0) {
      await this.#add(system, this.parts.clock.now(), null);
      await this.#load();
    }
    const current = this.#signingKey();
    // Keys whose time is still to come must open too, or the failure would come with them, in the middle of the night.
    for (const { stored } of this.#keys) {
      if (stored.kid === current.kid) break;
      this.#openPrivateKey(stored);
    }
  }

  async sign(claims: Record<string, unknown>): Promise<string> {
    await this.#fresh();
    return this.#together.add(() => this.#signingKey().signer.sign(claims));
  }

  async verify(assertion: string): Promise<Record<string, unknown> | null> {
    await this.#fresh();
    const known = this.#verified.get(assertion);
    const kid = known?.kid ?? readHeader(assertion)?.kid;
    if (kid === undefined) return null;
    // A key that was taken away takes the assertions it signed with it, remembered or not.
    const key = await this.#findKey(kid);
    if (key === null) return null;
    if (known !== undefined) return known.claims;
    const verified = await compactVerify(assertion, key.publicKey, { algorithms: [algorithm] }).catch(
      () => null,
    );
    const claims = verified === null ? null : readObject(Buffer.from(verified.payload).toString("utf8"));
    if (claims !== null) this.#verified.set(assertion, { kid, claims });
    return claims;
  }

  async publicKeys(): Promise<{ keys: Record<string, string>[] }> {
    await this.#fresh();
    return { keys: this.#keys.map(({ stored }) => ({ ...stored.publicJwk })) };
  }

  async rotate(actor: Actor, note: RotationNote = {}): Promise<{ kid: string; signsFrom: number }> {
    await this.#load();
    // One look decides both what the key follows and when it starts: strictly later than the newest, so that two
    // rotations at one moment keep their order, and only one of those that saw the same newest key wins.
    const newest = this.#keys[0]?.stored ?? null;
    const earliest = this.parts.clock.now() + publishedBeforeUseSeconds;
    const signsFrom = Math.max(earliest, (newest?.signsFrom ?? 0) + 1);
    const added = await this.#add(actor, signsFrom, newest?.kid ?? null, note);
    await this.#load();
    if (added !== null) return added;
    // Somebody else rotated at the same moment; that key is as new as ours would be.
    const { kid, signsFrom: start } = (this.#keys[0] as LoadedKey).stored;
    return { kid, signsFrom: start };
  }

  async #add(
    actor: Actor,
    signsFrom: number,
    newestKid: string | null,
    { ip = null, reason }: RotationNote = {},
  ): Promise<{ kid: string; signsFrom: number } | null> {
    const { store, clock, random, encryptionKeys } = this.parts;
    const now = clock.now();
    const pair = await generateKeyPair(algorithm, { extractable: true });
    const publicJwk = await exportJWK(pair.publicKey);
    const kid = await calculateJwkThumbprint(publicJwk);
    const privateJwk = JSON.stringify(await exportJWK(pair.privateKey));
    const key: StoredSigningKey = {
      kid,
      algorithm,
      publicJwk: { ...(publicJwk as Record<string, string>), kid, use: "sig", alg: algorithm },
      encryptedPrivateJwk: seal(encryptionKeys[0], random.bytes(nonceBytes), privateJwk, kid),
      createdAt: now,
      signsFrom,
      retiredAt: null,
    };
    const added = await store.addSigningKey({
      key,
      newestKid,
      audit: [
        {
          type: "key.rotated",
          at: now,
          actor,
          ip,
          registrationId: null,
          detail: reason === undefined ? { kid } : { kid, reason },
        },
      ],
    });
    return added ? { kid, signsFrom } : null;
  }

  async #fresh(): Promise<void> {
    if (this.#secondsSinceLoad() >= reloadAfterSeconds) await this.#load();
  }

  /** Also large when the clock jumped back: what was loaded in the future says nothing. */
  #secondsSinceLoad(): number {
    return Math.abs(this.parts.clock.now() - this.#loadedAt);
  }

  /** Callers that arrive while a load is under way share it. */
  async #load(): Promise<void> {
    this.#loading ??= this.#reload().finally(() => {
      this.#loading = null;
    });
    await this.#loading;
  }

  async #reload(): Promise<void> {
    const stored = await this.parts.store.listSigningKeys();
    this.#keys = await Promise.all(
      stored.map(async (key) => ({
        stored: key,
        publicKey: (await importJWK(key.publicJwk as JWK, algorithm)) as CryptoKey,
      })),
    );
    this.#loadedAt = this.parts.clock.now();
  }

  async #findKey(kid: string): Promise<LoadedKey | null> {
    const find = () => this.#keys.find(({ stored }) => stored.kid === kid) ?? null;
    const found = find();
    if (found !== null) return found;
    if (this.#secondsSinceLoad() < unknownKidCooldownSeconds) return null;
    await this.#load();
    return find();
  }

  /** The newest key whose time has come; its private half is decrypted once and kept. */
  #signingKey(): { kid: string; signer: Es256Signer } {
    const now = this.parts.clock.now();
    // A clock that jumped back must not leave us without a key: the oldest is better than none.
    const current = this.#keys.find(({ stored }) => stored.signsFrom <= now) ?? this.#keys.at(-1);
    if (current === undefined) throw new Error("There is no signing key.");
    const { kid } = current.stored;
    if (this.#signing?.kid !== kid) {
      const header = { typ: identityAssertionType, kid };
      this.#signing = { kid, signer: new Es256Signer(this.#openPrivateKey(current.stored), header) };
    }
    return this.#signing;
  }

  #openPrivateKey({ kid, encryptedPrivateJwk }: StoredSigningKey): JWK {
    const privateJwk = open(this.parts.encryptionKeys, encryptedPrivateJwk, kid);
    if (privateJwk === null) throw new WrongSecretError();
    return JSON.parse(privateJwk) as JWK;
  }
}

function readObject(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** The header, if it is exactly the kind we write ourselves; anything else was not signed by us for this use. */
function readHeader(assertion: string): { kid: string } | null {
  const header = readObject(Buffer.from(assertion.split(".")[0] ?? "", "base64url").toString("utf8"));
  if (header === null || Object.keys(header).length !== 3) return null;
  const { alg, typ, kid } = header;
  return alg === algorithm && typ === identityAssertionType && typeof kid === "string" ? { kid } : null;
}
