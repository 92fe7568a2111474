/**
 * Owns the keys this provider signs with: kept in the database, encrypted, rotated with overlap. A new key is
 * published one cache period before it signs; the old one stays published until the last token it signed is over.
 */
import { type DerivedKey, nonceBytes, open, seal } from "@agent-auth/web/secrets";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  compactVerify,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
} from "jose";
import type { Clock, Keys, Random, Store } from "../ports.js";
import type { SigningAlgorithm, StoredKey } from "../protocol/model.js";

/** As long as the JWKS may be cached: a key is published at least this long before it signs. */
export const publishedBeforeUseSeconds = 300;
/** Other processes may share the database; their keys are looked for this often. */
const reloadAfterSeconds = 60;
/** Clocks differ, and events are verified on arrival: a key is kept this much longer than its tokens last. */
const graceSeconds = 360;

/** Thrown at start when the stored signing key was encrypted with a secret that is not in `secrets`. */
export class WrongSecretError extends Error {
  override readonly name = "WrongSecretError";
  constructor() {
    super(
      "The signing key in the database cannot be decrypted with any of `secrets`. Put the secret it was created with back as the last entry of `secrets`, or delete the rows of signing_keys to start over.",
    );
  }
}

interface Parts {
  store: Store;
  clock: Clock;
  random: Random;
  encryptionKeys: readonly [DerivedKey, ...DerivedKey[]];
  firstAlgorithm: SigningAlgorithm;
  /** How long the longest-lived token works. */
  longestLifetimeSeconds: number;
}

export class SigningKeys implements Keys {
  /** Newest first. */
  #keys: StoredKey[] = [];
  #loadedAt = Number.NEGATIVE_INFINITY;
  readonly #privateKeys = new Map<string, CryptoKey>();

  constructor(private readonly parts: Parts) {}

  /** Loads the keys and creates the first one. Throws `WrongSecretError`. */
  async start(): Promise<void> {
    this.#load();
    if (this.#keys.length === 0)
      await this.rotate({ algorithm: this.parts.firstAlgorithm, immediately: true });
    await this.#privateKey(this.#current());
  }

  async sign(
    typ: string,
    claims: Record<string, unknown>,
    header: Record<string, unknown> = {},
  ): Promise<string> {
    this.#refresh();
    const { kid, algorithm } = this.#current();
    return new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, typ, kid, ...header })
      .sign(await this.#privateKey(this.#current()));
  }

  async verify(typ: string, token: string): Promise<Record<string, unknown> | null> {
    this.#refresh();
    try {
      const header = decodeProtectedHeader(token);
      const key = this.#published().find(({ kid }) => kid === header.kid);
      if (key === undefined || header.typ !== typ) return null;
      const publicKey = await importJWK(key.publicJwk as JWK, key.algorithm);
      const { payload } = await compactVerify(token, publicKey, { algorithms: [key.algorithm] });
      return JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
    } catch {
      // Whatever is wrong with it, it is not one of ours.
      return null;
    }
  }

  publicKeys(): { keys: Record<string, string>[] } {
    this.#refresh();
    return { keys: this.#published().map(({ publicJwk }) => ({ ...publicJwk })) };
  }

  /** Algorithms of the published keys, that of the signing key first. */
  algorithms(): SigningAlgorithm[] {
    this.#refresh();
    return [...new Set([this.#current(), ...this.#published()].map(({ algorithm }) => algorithm))];
  }

  async rotate({
    algorithm,
    immediately = false,
  }: {
    algorithm?: SigningAlgorithm;
    immediately?: boolean;
  } = {}): Promise<{
    kid: string;
    signsFrom: number;
  }> {
    this.#load();
    const { store, clock, random, encryptionKeys, firstAlgorithm } = this.parts;
    const newestKid = this.#keys[0]?.kid ?? null;
    const chosen = algorithm ?? this.#keys[0]?.algorithm ?? firstAlgorithm;
    const pair = await generateKeyPair(chosen, { extractable: true, modulusLength: 2048 });
    const publicJwk = (await exportJWK(pair.publicKey)) as Record<string, string>;
    const kid = await calculateJwkThumbprint(publicJwk);
    const now = clock.now();
    const privateJwk = JSON.stringify(await exportJWK(pair.privateKey));
    const key: StoredKey = {
      kid,
      algorithm: chosen,
      publicJwk: { ...publicJwk, kid, use: "sig", alg: chosen },
      sealedPrivateJwk: seal(encryptionKeys[0], random.bytes(nonceBytes), privateJwk, kid),
      createdAt: now,
      // Not before the key it follows: the newest key is the last to take over.
      signsFrom: immediately ? now : Math.max(now + publishedBeforeUseSeconds, this.#keys[0]?.signsFrom ?? 0),
    };
    const added = store.addKey(key, newestKid);
    this.#load();
    // Another process may have rotated at the same moment; its key is as new as ours would be.
    const { signsFrom, kid: addedKid } = added ? key : (this.#keys[0] as StoredKey);
    return { kid: addedKid, signsFrom };
  }

  /** Deletes keys whose last token is over. */
  forgetOldKeys(): void {
    this.#load();
    const published = new Set(this.#published().map(({ kid }) => kid));
    const old = this.#keys.map(({ kid }) => kid).filter((kid) => !published.has(kid));
    if (old.length === 0) return;
    this.parts.store.deleteKeys(old);
    this.#load();
  }

  #refresh(): void {
    if (Math.abs(this.parts.clock.now() - this.#loadedAt) >= reloadAfterSeconds) this.#load();
  }

  #load(): void {
    this.#keys = this.parts.store.listKeys();
    this.#loadedAt = this.parts.clock.now();
  }

  /** A key is over when its successor has signed for longer than any token lasts. */
  #published(): StoredKey[] {
    const now = this.parts.clock.now();
    const lastsFor = this.parts.longestLifetimeSeconds + graceSeconds;
    return this.#keys.filter((_key, index) => {
      const successor = this.#keys[index - 1];
      return successor === undefined || successor.signsFrom + lastsFor > now;
    });
  }

  /** The newest key whose time has come. A clock that jumped back must not leave us without one. */
  #current(): StoredKey {
    const now = this.parts.clock.now();
    const current = this.#keys.find(({ signsFrom }) => signsFrom <= now) ?? this.#keys.at(-1);
    if (current === undefined) throw new Error("There is no signing key.");
    return current;
  }

  async #privateKey({ kid, algorithm, sealedPrivateJwk }: StoredKey): Promise<CryptoKey> {
    const known = this.#privateKeys.get(kid);
    if (known !== undefined) return known;
    const privateJwk = open(this.parts.encryptionKeys, sealedPrivateJwk, kid);
    if (privateJwk === null) throw new WrongSecretError();
    const key = (await importJWK(JSON.parse(privateJwk) as JWK, algorithm)) as CryptoKey;
    this.#privateKeys.set(kid, key);
    return key;
  }
}
