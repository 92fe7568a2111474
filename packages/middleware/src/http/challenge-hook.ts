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

/** Watches a response of the host. Does nothing unless it turns out to be a 401. */
export function watchForChallenge(
  request: Request,
  response: Response,
  settings: { metadataUrl: string; isWanted: ((request: Request) => boolean) | undefined },
): void {
  onHeaders(response, () => {
    if (response.statusCode !== 401) return;
    if (settings.isWanted !== undefined && !settings.isWanted(request)) return;
    const existing = listOf(response.getHeader("WWW-Authenticate"));
    response.setHeader("WWW-Authenticate", completeChallenges(existing, settings.metadataUrl));
    exposeChallenge(response);
  });
}
