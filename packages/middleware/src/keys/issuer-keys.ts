/**
 * Owns the public keys of trusted providers: where they are, how long they are believed, and how often we ask. Keys
 * are kept per issuer, so no provider can sign for another, and no token decides where we fetch from.
 */
import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import type { Metrics } from "../metrics-port.js";
import { type Clock, type Logger, ProviderUnavailable } from "../ports.js";
import { pathOf } from "../protocol/issuer.js";
import type { EpochSeconds } from "../protocol/model.js";
import type {
  AssertionAlgorithm,
  IssuerKeyState,
  IssuerKeySummary,
  TrustedProvider,
} from "../protocol/provider.js";
import { type FetchDocument, FetchFailure } from "./safe-fetch.js";

const shortestCacheSeconds = 600;
const longestCacheSeconds = 86_400;
/** From the last attempt, successful or not: random key ids must not make us hammer a provider. */
const cooldownSeconds = 30;
/** Keys outlive their cache time this much longer while the provider cannot be reached. */
const staleSeconds = 86_400;
/** Keys and characters of each that are shown to operators: what a stranger publishes must not fill a page. */
const shownKeys = 20;
const shownCharacters = 100;

export type SignatureFinding = "good" | "bad" | "unknown_key";

interface CachedKeys {
  jwksUri: string;
  find: JWTVerifyGetKey;
  shown: IssuerKeySummary[];
  /** By what they are (`materialOf`). Only of keys that were in the last document, so it is as bounded as that. */
  seenSince: ReadonlyMap<string, EpochSeconds>;
  fetchedAt: EpochSeconds;
  freshUntil: EpochSeconds;
}

interface IssuerState {
  keys: CachedKeys | null;
  lastAttemptAt: EpochSeconds;
  /** Why the last attempt failed; null when it did not. */
  failure: string | null;
  fetching: Promise<void> | null;
}

export class IssuerKeys {
  readonly #states = new Map<string, IssuerState>();

  constructor(
    private readonly parts: {
      clock: Clock;
      fetchDocument: FetchDocument;
      logger: Logger;
      metrics?: Pick<Metrics, "keyFetch">;
    },
  ) {}

  /** Checks the signature of a compact JWS with this provider's keys. Throws `ProviderUnavailable`. */
  async verify(
    provider: TrustedProvider,
    token: string,
    algorithm: AssertionAlgorithm,
  ): Promise<SignatureFinding> {
    const first = await verifyWith(await this.#current(provider), token, algorithm);
    if (first !== "unknown_key") return first;
    const hasLooked = await this.#refetch(provider);
    const state = this.#stateOf(provider);
    // The key may be published where we cannot look: to call the token bad would be a guess.
    if (state.failure !== null) throw new ProviderUnavailable(this.#secondsToNextAttempt(state));
    return hasLooked ? verifyWith(await this.#current(provider), token, algorithm) : first;
  }

  /** The place the keys come from, to be compared with a client metadata document. Throws `ProviderUnavailable`. */
  async jwksUriOf(provider: TrustedProvider): Promise<string> {
    return (await this.#current(provider)).jwksUri;
  }

  /** What is known, without asking anybody. */
  known(provider: TrustedProvider): IssuerKeyState {
    const { keys, failure } = this.#states.get(nameOf(provider)) ?? { keys: null, failure: null };
    return {
      jwksUri: keys?.jwksUri ?? null,
      keys: keys?.shown ?? [],
      fetchedAt: keys?.fetchedAt ?? null,
      failure,
    };
  }

  /** Fetches if the last attempt is long enough ago, and says what is known then. */
  async look(provider: TrustedProvider): Promise<IssuerKeyState> {
    await this.#refetch(provider);
    return this.known(provider);
  }

  #stateOf(provider: TrustedProvider): IssuerState {
    const name = nameOf(provider);
    let state = this.#states.get(name);
    if (state === undefined) {
      state = { keys: null, lastAttemptAt: Number.NEGATIVE_INFINITY, failure: null, fetching: null };
      this.#states.set(name, state);
    }
    return state;
  }

  async #current(provider: TrustedProvider): Promise<CachedKeys> {
    const state = this.#stateOf(provider);
    const now = this.parts.clock.now();
    if (state.keys === null || state.keys.freshUntil <= now) await this.#refetch(provider);
    if (state.keys === null || state.keys.freshUntil + staleSeconds <= now)
      throw new ProviderUnavailable(this.#secondsToNextAttempt(state));
    return state.keys;
  }

  #secondsToNextAttempt(state: IssuerState): number {
    return Math.max(cooldownSeconds - this.#secondsSinceAttempt(state), 1);
  }

  /** Also large when the clock jumped back: an attempt in the future holds nobody up. */
  #secondsSinceAttempt(state: IssuerState): number {
    return Math.abs(this.parts.clock.now() - state.lastAttemptAt);
  }

  /** Fetches unless the last attempt was too short a while ago. True when there was an attempt. */
  async #refetch(provider: TrustedProvider): Promise<boolean> {
    const state = this.#stateOf(provider);
    if (state.fetching === null) {
      const now = this.parts.clock.now();
      if (this.#secondsSinceAttempt(state) < cooldownSeconds) return false;
      state.lastAttemptAt = now;
      state.fetching = this.#fetch(provider, state).finally(() => {
        state.fetching = null;
      });
    }
    await state.fetching;
    return true;
  }

  async #fetch(provider: TrustedProvider, state: IssuerState): Promise<void> {
    const { clock, fetchDocument, logger, metrics } = this.parts;
    try {
      const jwksUri = await this.#placeOf(provider, state.keys);
      const { json, maxAgeSeconds } = await fetchDocument(jwksUri);
      const age = Math.min(Math.max(maxAgeSeconds ?? 0, shortestCacheSeconds), longestCacheSeconds);
      const set = json as unknown as JSONWebKeySet;
      const find = createLocalJWKSet(set);
      const now = clock.now();
      const seenSince = seenSinceOf(set, state.keys, now);
      const shown = summariesOf(set, seenSince);
      state.keys = { jwksUri, find, shown, seenSince, fetchedAt: now, freshUntil: now + age };
      state.failure = null;
      metrics?.keyFetch("fetched");
    } catch (error) {
      state.failure = error instanceof FetchFailure ? error.message : "The document is not a key set.";
      metrics?.keyFetch("failed");
      logger.warn({ issuer: provider.issuer, error }, "provider keys could not be fetched");
    }
  }

  /** The place is known as long as its keys are fresh, then asked for anew: a provider may move them. */
  async #placeOf(provider: TrustedProvider, known: CachedKeys | null): Promise<string> {
    if (known !== null && known.freshUntil > this.parts.clock.now()) return known.jwksUri;
    return this.#discover(provider).catch((error: unknown) => {
      if (known === null) throw error;
      return known.jwksUri;
    });
  }

  /** Pinned, else from metadata that names this very issuer, else the conventional place. */
  async #discover(provider: TrustedProvider): Promise<string> {
    const { issuer, jwksUri } = provider;
    if (jwksUri !== null) return jwksUri;
    const { origin } = new URL(issuer);
    const places = [
      `${origin}/.well-known/oauth-authorization-server${pathOf(issuer)}`,
      `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
    ];
    for (const place of places) {
      const document = await this.parts.fetchDocument(place).catch((error: unknown) => {
        // No such document: the next place. No answer: the next place would only hide the outage.
        if (error instanceof FetchFailure && error.fault === "unusable") return null;
        throw error;
      });
      if (document?.json.issuer === issuer && typeof document.json.jwks_uri === "string")
        return document.json.jwks_uri;
    }
    return `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`;
  }
}

/** A changed pin is another place: what was fetched before does not count for it. */
function nameOf({ issuer, jwksUri }: TrustedProvider): string {
  return JSON.stringify([issuer, jwksUri]);
}

/** Its id and what its thumbprint is made of (RFC 7638): another key under an old id is another key. */
function materialOf({ kid, kty, crv, x, y, n, e }: JSONWebKeySet["keys"][number]): string {
  return JSON.stringify([kid, kty, crv, x, y, n, e]);
}

/** What was there before keeps its time. */
function seenSinceOf({ keys }: JSONWebKeySet, before: CachedKeys | null, now: EpochSeconds) {
  const materials = keys.map(materialOf);
  return new Map(materials.map((material) => [material, before?.seenSince.get(material) ?? now]));
}

function summariesOf({ keys }: JSONWebKeySet, seenSince: CachedKeys["seenSince"]): IssuerKeySummary[] {
  const text = (value: unknown) => (typeof value === "string" ? value.slice(0, shownCharacters) : null);
  return keys.slice(0, shownKeys).map((key) => ({
    ...{ kid: text(key.kid), algorithm: text(key.alg), kty: text(key.kty) ?? "" },
    firstSeenAt: seenSince.get(materialOf(key)) as EpochSeconds,
  }));
}

async function verifyWith(
  keys: CachedKeys,
  token: string,
  algorithm: AssertionAlgorithm,
): Promise<SignatureFinding> {
  try {
    await compactVerify(token, keys.find, { algorithms: [algorithm] });
    return "good";
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return verifyWithAny(error, token, algorithm);
    return error instanceof errors.JWKSNoMatchingKey ? "unknown_key" : "bad";
  }
}

/** A token without `kid` may fit several keys of its issuer: any of them will do. */
async function verifyWithAny(
  candidates: InstanceType<typeof errors.JWKSMultipleMatchingKeys>,
  token: string,
  algorithm: AssertionAlgorithm,
): Promise<SignatureFinding> {
  for await (const key of candidates) {
    const isGood = await compactVerify(token, key, { algorithms: [algorithm] }).then(
      () => true,
      () => false,
    );
    if (isGood) return "good";
  }
  return "bad";
}
