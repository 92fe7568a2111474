/**
 * Owns requests to addresses that strangers named, without becoming a way into the network we run in: https only, no
 * redirects, a time and a size cap, and public addresses only, checked on the address that is really connected to, so
 * that no DNS answer can change between check and use (RFC 8725 section 3.10).
 */
import { lookup as dnsLookup } from "node:dns";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isPublicAddress } from "./addresses.js";

const timeoutMilliseconds = 5000;

/**
 * Why there is no answer. The first four: we will not ask. `unreachable`: nobody answered; `broken_off`: not to the end;
 * `too_large`: more than we read.
 */
export type RequestFault =
  | "not_a_url"
  | "not_https"
  | "credentials"
  | "private_address"
  | "unreachable"
  | "broken_off"
  | "too_large";

/** Thrown by `sendGuarded` and `readBody`. The cause, if there is one, is what the system said. */
export class RequestFailure extends Error {
  override readonly name = "RequestFailure";
  constructor(
    readonly fault: RequestFault,
    options?: ErrorOptions,
  ) {
    super(fault, options);
  }
}

export interface GuardedRequest {
  method: "GET" | "POST";
  headers: Record<string, string>;
  body?: string | undefined;
  /** Lifts the https and the address rule, for development. */
  allowPrivateNetwork: boolean;
}

const publicLookup: LookupFunction = (hostname, options, done) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, "", 0);
    const [first] = addresses;
    if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address)))
      return done(new RequestFailure("private_address"), "", 0);
    if (options.all) done(null, addresses);
    else done(null, first.address, first.family);
  });
};

/**
 * Sends one request. The answer's body is still to come: read it with `readBody`, or destroy the answer. Throws
 * `RequestFailure`.
 */
export async function sendGuarded(url: string, request: GuardedRequest): Promise<IncomingMessage> {
  const { method, headers, body, allowPrivateNetwork } = request;
  const target = checked(url, allowPrivateNetwork);
  const send = target.protocol === "https:" ? httpsRequest : httpRequest;
  const options = {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) }) },
    // No connection is kept: the next one must be checked again.
    agent: false,
    signal: AbortSignal.timeout(timeoutMilliseconds),
    ...(allowPrivateNetwork ? {} : { lookup: publicLookup }),
  };
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = send(target, options, resolve);
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  } catch (error) {
    throw error instanceof RequestFailure ? error : new RequestFailure("unreachable", { cause: error });
  }
}

function checked(url: string, allowPrivateNetwork: boolean): URL {
  if (!URL.canParse(url)) throw new RequestFailure("not_a_url");
  const target = new URL(url);
  if (target.protocol !== "https:" && !(allowPrivateNetwork && target.protocol === "http:"))
    throw new RequestFailure("not_https");
  if (target.username !== "" || target.password !== "") throw new RequestFailure("credentials");
  // An address in the URL itself is never looked up.
  const host = target.hostname.replace(/^\[|\]$/g, "");
  if (!allowPrivateNetwork && isIP(host) !== 0 && !isPublicAddress(host))
    throw new RequestFailure("private_address");
  return target;
}

/** The whole body of an answer, at most `largestBytes`. Throws `RequestFailure`. */
export async function readBody(answer: IncomingMessage, largestBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      // Leaving the loop ends the connection.
      if (size > largestBytes) throw new RequestFailure("too_large");
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof RequestFailure ? error : new RequestFailure("broken_off", { cause: error });
  }
  return Buffer.concat(chunks);
}
