/**
 * Owns client metadata documents: whether a `client_id` that is a URL belongs to the provider that vouches for it,
 * which is so when the document names itself and the very keys the assertion was checked with.
 */
import { LRUCache } from "lru-cache";
import { type Clock, ProviderUnavailable } from "../ports.js";
import type { EpochSeconds } from "../protocol/model.js";
import { type FetchDocument, FetchFailure } from "./safe-fetch.js";

const largestMetadataBytes = 5120;
const shortestCacheSeconds = 600;
const longestCacheSeconds = 86_400;
const retryAfterSeconds = 30;
const secretMembers = ["client_secret", "client_secret_expires_at"];

/** Whether the URL may be a client identifier at all; decided on its raw text, before any fetch. */
export function isClientMetadataUrl(value: string, allowHttp: boolean): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  if (url.protocol !== "https:" && !(allowHttp && url.protocol === "http:")) return false;
  if (url.pathname === "/" || value.includes("#") || url.username !== "" || url.password !== "") return false;
  return !/\/\.{1,2}(?:\/|$|\?)/.test(value.replaceAll(/%2e/gi, "."));
}

export class ClientMetadata {
  readonly #jwksUris = new LRUCache<string, { jwksUri: string; until: EpochSeconds }>({ max: 500 });

  constructor(private readonly parts: { clock: Clock; fetchDocument: FetchDocument; allowHttp: boolean }) {}

  /** Whether the document at `clientId` names itself and `jwksUri`. Throws `ProviderUnavailable`. */
  async names(clientId: string, jwksUri: string): Promise<boolean> {
    if (!isClientMetadataUrl(clientId, this.parts.allowHttp)) return false;
    const now = this.parts.clock.now();
    const known = this.#jwksUris.get(clientId);
    if (known !== undefined && known.until > now) return known.jwksUri === jwksUri;
    const document = await this.parts
      .fetchDocument(clientId, { largestBytes: largestMetadataBytes })
      .catch((error: unknown) => {
        if (error instanceof FetchFailure && error.fault !== "unreachable") return null;
        throw new ProviderUnavailable(retryAfterSeconds, { cause: error });
      });
    if (document === null) return false;
    const { json, maxAgeSeconds } = document;
    const isUsable =
      json.client_id === clientId &&
      typeof json.jwks_uri === "string" &&
      !secretMembers.some((member) => Object.hasOwn(json, member));
    // Only a good answer is remembered, so that a mended document works at once.
    if (!isUsable || json.jwks_uri !== jwksUri) return false;
    const age = Math.min(Math.max(maxAgeSeconds ?? 0, shortestCacheSeconds), longestCacheSeconds);
    this.#jwksUris.set(clientId, { jwksUri: json.jwks_uri as string, until: now + age });
    return true;
  }
}
