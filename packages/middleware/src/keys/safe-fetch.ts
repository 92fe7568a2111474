/**
 * Owns fetching documents of providers without becoming anybody's proxy: https only, no redirects, a time and a size
 * cap, and public addresses only, checked on the address that is really connected to, so that no DNS answer can change
 * between check and use (RFC 8725 section 3.10).
 */

import { lookup as dnsLookup } from "node:dns";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

export const fetchTimeoutMilliseconds = 5000;
export const largestDocumentBytes = 65_536;

export interface FetchedDocument {
  json: Record<string, unknown>;
  /** `max-age` of the answer in seconds, or null. */
  maxAgeSeconds: number | null;
}

/** Why a document could not be had. "refused": we will not ask; "unreachable": no answer; "unusable": a bad one. */
export type FetchFault = "refused" | "unreachable" | "unusable";

/** Thrown by `fetchDocument`. */
export class FetchFailure extends Error {
  override readonly name = "FetchFailure";
  constructor(
    readonly fault: FetchFault,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

export type FetchDocument = (url: string, limits?: { largestBytes: number }) => Promise<FetchedDocument>;

/** The only part of IPv6 that is given out (RFC 4291 section 2.5.4); `::127.0.0.1`, for one, lies outside of it. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/** Whether an address belongs to the public internet. IPv4 inside IPv6 counts as the IPv4 address it is. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return parsed.range() === "unicast" && (parsed.kind() === "ipv4" || parsed.match(globalUnicast));
}

const guardedLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, "", 0);
    const blocked = addresses.find(({ address }) => !isPublicAddress(address));
    const first = addresses[0];
    if (blocked !== undefined || first === undefined)
      return callback(new FetchFailure("refused", "The host has an address that is not public."), "", 0);
    if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

/** Builds the fetch. `allowPrivateNetwork` lifts the https and the address rule, for development. */
export function createFetchDocument({
  allowPrivateNetwork,
}: {
  allowPrivateNetwork: boolean;
}): FetchDocument {
  return (url, { largestBytes } = { largestBytes: largestDocumentBytes }) => {
    const target = URL.canParse(url) ? new URL(url) : null;
    const problem = target === null ? "It is not a URL." : refusalOf(target, allowPrivateNetwork);
    if (target === null || problem !== null)
      return Promise.reject(new FetchFailure("refused", `The document will not be fetched. ${problem}`));
    return get(target, allowPrivateNetwork, largestBytes);
  };
}

function refusalOf(url: URL, allowPrivateNetwork: boolean): string | null {
  if (url.protocol !== "https:" && !(allowPrivateNetwork && url.protocol === "http:"))
    return "It is not https.";
  if (url.username !== "" || url.password !== "") return "It holds credentials.";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!allowPrivateNetwork && isIP(host) !== 0 && !isPublicAddress(host)) return "Its address is not public.";
  return null;
}

function get(url: URL, allowPrivateNetwork: boolean, largestBytes: number): Promise<FetchedDocument> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      // No connection is kept: the next one must be checked again.
      agent: false,
      headers: { Accept: "application/json", "User-Agent": "agent-auth" },
      signal: AbortSignal.timeout(fetchTimeoutMilliseconds),
      ...(allowPrivateNetwork ? {} : { lookup: guardedLookup }),
    });
    const fail = (fault: FetchFault, message: string, cause?: unknown) => {
      reject(cause instanceof FetchFailure ? cause : new FetchFailure(fault, message, cause));
      request.destroy();
    };
    request.on("error", (error) => fail("unreachable", "The host could not be reached.", error));
    request.on("response", (response) => {
      const status = response.statusCode ?? 0;
      if (status !== 200) {
        response.resume();
        return fail(
          status >= 500 || status === 429 ? "unreachable" : "unusable",
          `The answer was ${status}.`,
        );
      }
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > largestBytes) fail("unusable", "The document is too large.");
        else chunks.push(chunk);
      });
      response.on("error", (error) => fail("unreachable", "The answer broke off.", error));
      response.on("end", () => {
        const json = readObject(Buffer.concat(chunks));
        if (json === null) fail("unusable", "The document is not a JSON object.");
        else resolve({ json, maxAgeSeconds: maxAgeOf(response.headers["cache-control"]) });
      });
    });
    request.end();
  });
}

function readObject(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function maxAgeOf(header: string | undefined): number | null {
  const match = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(header ?? "");
  if (/(?:^|[\s,])no-(?:store|cache)/i.test(header ?? "")) return 0;
  return match === null ? null : Number(match[1]);
}
