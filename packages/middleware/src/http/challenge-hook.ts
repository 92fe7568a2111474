/** Owns making 401s of the host's own handlers lead an agent to us (RFC 9728 section 5.1). */
import type { Request, Response } from "express";
import onHeaders from "on-headers";
import { completeChallenges } from "../protocol/challenge.js";

function listOf(value: number | string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [String(value)];
}

/** Where the host switched CORS on, scripts must be able to read the challenge. */
function exposeChallenge(response: Response): void {
  if (!response.hasHeader("Access-Control-Allow-Origin")) return;
  const exposed = listOf(response.getHeader("Access-Control-Expose-Headers")).join(", ");
  if (exposed.includes("*") || /\bwww-authenticate\b/i.test(exposed)) return;
  response.setHeader(
    "Access-Control-Expose-Headers",
    [exposed, "WWW-Authenticate"].filter(Boolean).join(", "),
  );
}

type WriteHead = Response["writeHead"];

/** Statuses that carry a challenge: of the host's 401s, and of our guards' 400 and 403. */
const challenged = new Set<unknown>([400, 401, 403]);

/**
 * Watches a response of the host or of a guard: completes the challenge of a 401, lets scripts read one of ours. Any
 * other response only passes through one comparison, since every request of the host's pays for this.
 */
export function watchForChallenge(
  request: Request,
  response: Response,
  settings: { metadataUrl: string; isWanted: ((request: Request) => boolean) | undefined },
): void {
  const original = response.writeHead;
  const complete = () => {
    const existing = listOf(response.getHeader("WWW-Authenticate"));
    const isCompleted = response.statusCode === 401 && (settings.isWanted?.(request) ?? true);
    if (isCompleted)
      response.setHeader("WWW-Authenticate", completeChallenges(existing, settings.metadataUrl));
    // The guards write their own challenges, with 400 and 403 too.
    if (isCompleted || existing.some((value) => value.includes(settings.metadataUrl)))
      exposeChallenge(response);
  };
  response.writeHead = function watched(...args: Parameters<WriteHead>) {
    const writeHead = challenged.has(args[0]) ? withListener(response, original, complete) : original;
    return Reflect.apply(writeHead, response, args);
  } as WriteHead;
}

/** `writeHead` that runs `listener` once the headers given to it are set. Leaves what others wrapped in its place. */
function withListener(response: Response, writeHead: WriteHead, listener: () => void): WriteHead {
  const outermost = response.writeHead;
  response.writeHead = writeHead;
  onHeaders(response, listener);
  const listening = response.writeHead;
  response.writeHead = outermost;
  return listening;
}
