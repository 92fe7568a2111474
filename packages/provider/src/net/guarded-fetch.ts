/**
 * Owns every request this provider sends. Addresses come from services and their documents, so a fetch must not become
 * a way into the network we run in: https only, no redirects, public addresses only, checked where we connect and not
 * in a lookup before (which a name server could answer differently the second time).
 */
import { type LookupAddress, lookup as lookUp } from "node:dns";
import { type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { FetchFailure, type FetchRequest, type GuardedFetch } from "../ports.js";

const timeoutMs = 5000;
const largestBodyBytes = 65_536;

/** Whether the address belongs to the public internet; IPv4 addresses in IPv6 clothing count as what they are. */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "unicast";
}

class ForbiddenAddress extends Error {}

const publicLookup: LookupFunction = (hostname, options, done) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error !== null) return done(error, []);
    const [first] = addresses;
    if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address)))
      return done(new ForbiddenAddress(), []);
    if (options.all) done(null, addresses);
    else done(null, first.address, first.family);
  });
};

/** Builds the fetch. With `allowPrivateNetwork` http and private addresses are fine; the other limits stay. */
export function createGuardedFetch({ allowPrivateNetwork }: { allowPrivateNetwork: boolean }): GuardedFetch {
  return async (url, { method, contentType, body }: FetchRequest) => {
    const target = parse(url, allowPrivateNetwork);
    const send = target.protocol === "https:" ? requestHttps : requestHttp;
    const options: RequestOptions = {
      method,
      // No connection is kept: each is checked when it is made.
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        Accept: "application/json",
        "Accept-Language": "en",
        ...(contentType === undefined ? {} : { "Content-Type": contentType }),
        ...(body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) }),
      },
      ...(allowPrivateNetwork ? {} : { lookup: publicLookup }),
    };
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const outgoing = send(target, options, resolve);
        outgoing.on("error", reject);
        outgoing.end(body);
      });
      return { status: answer.statusCode ?? 0, headers: headersOf(answer), body: await read(answer) };
    } catch (error) {
      if (error instanceof FetchFailure) throw error;
      if (error instanceof ForbiddenAddress)
        throw new FetchFailure("forbidden", "its address is not a public one", { cause: error });
      const { code, name } = error as { code?: string; name?: string };
      const reason = name === "AbortError" || name === "TimeoutError" ? "timed out" : (code ?? "failed");
      throw new FetchFailure("unreachable", `connection ${reason}`, { cause: error });
    }
  };
}

function parse(url: string, allowPrivateNetwork: boolean): URL {
  if (!URL.canParse(url)) throw new FetchFailure("forbidden", "not a URL");
  const target = new URL(url);
  const isHttp = target.protocol === "http:";
  if (target.protocol !== "https:" && !(isHttp && allowPrivateNetwork))
    throw new FetchFailure("forbidden", "not an https URL");
  if (target.username !== "" || target.password !== "")
    throw new FetchFailure("forbidden", "the URL holds credentials");
  // An address in the URL itself is never looked up.
  const host = target.hostname.replace(/^\[|\]$/g, "");
  if (!allowPrivateNetwork && isIP(host) !== 0 && !isPublicAddress(host))
    throw new FetchFailure("forbidden", "its address is not a public one");
  return target;
}

function headersOf(answer: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}

async function read(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBodyBytes) {
      answer.destroy();
      throw new FetchFailure("forbidden", "the answer is too large");
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
