/** Owns what a handler returns and the one function that writes it. Handlers never touch the response object. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

export interface Reply {
  status: number;
  headers: Record<string, string>;
  /** Null for an empty body. */
  body: string | null;
}

/** Anything that carries or refuses a secret (RFC 6749 section 5.1). */
export const noStore = { "Cache-Control": "no-store", Pragma: "no-cache" } as const;

/** A JSON answer that must not be stored. */
export function jsonReply(status: number, body: object, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { "Content-Type": "application/json; charset=utf-8", ...noStore, ...headers },
    body: JSON.stringify(body),
  };
}

/** An empty answer that must not be stored. */
export function emptyReply(status: number, headers: Record<string, string> = {}): Reply {
  return { status, headers: { ...noStore, ...headers }, body: null };
}

/** A public document: cacheable for `maxAge` seconds, with a validator. */
export function documentReply(contentType: string, body: string, maxAge = 300): Reply {
  return {
    status: 200,
    headers: {
      "Content-Type": contentType,
      "Cache-Control": `public, max-age=${maxAge}`,
      ETag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    },
    body,
  };
}

/**
 * Takes back what a CORS middleware of the host's allowed before us. Who may read our answers is ours to say: pages are
 * for nobody's scripts, however freely the host opens its API.
 */
export function forgetHostCors(response: ServerResponse): void {
  for (const name of response.getHeaderNames())
    if (name.startsWith("access-control-")) response.removeHeader(name);
}

/** Sends the reply. Answers a matching `If-None-Match` with 304 and HEAD without a body. */
export function writeReply(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const unchanged =
    reply.status === 200 &&
    reply.headers.ETag !== undefined &&
    matches(request.headers["if-none-match"], reply.headers.ETag);
  response.statusCode = unchanged ? 304 : reply.status;
  response.setHeader("X-Content-Type-Options", "nosniff");
  for (const [name, value] of Object.entries(reply.headers)) {
    // Appended: the host may have set cookies of its own.
    if (name === "Set-Cookie") response.appendHeader(name, value);
    else if (!(unchanged && name === "Content-Type")) response.setHeader(name, value);
  }
  if (unchanged) {
    response.end();
    return;
  }
  const body = reply.body ?? "";
  // RFC 9110 section 8.6 forbids the length with 204.
  if (reply.status !== 204) response.setHeader("Content-Length", Buffer.byteLength(body));
  // As text: Node sends it in one piece with the headers.
  response.end(request.method === "HEAD" ? undefined : body);
}

/** RFC 9110 section 13.1.2: weak comparison over a list. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header
    .split(",")
    .map((candidate) => candidate.trim().replace(/^W\//, ""))
    .some((candidate) => candidate === etag || candidate === "*");
}
