/** Owns how a refusal looks on the wire: one function per envelope, all reading the one error table. */

import { buildChallenge } from "../protocol/challenge.js";
import type { Refusal } from "../protocol/errors.js";
import { formatScope } from "../protocol/scopes.js";
import { jsonReply, type Reply } from "./reply.js";

/** When to come back, and which limit was met. */
export function retryHeaders(refusal: Refusal): Record<string, string> {
  const { retryAfterSeconds, limit } = refusal.detail;
  if (retryAfterSeconds === undefined) return {};
  const retry = { "Retry-After": String(retryAfterSeconds) };
  if (limit === undefined) return retry;
  return {
    ...retry,
    "RateLimit-Policy": `"${limit.name}";q=${limit.quota};w=${limit.windowSeconds}`,
    RateLimit: `"${limit.name}";r=0;t=${retryAfterSeconds}`,
  };
}

function retryMember(refusal: Refusal): { retry_after?: number } {
  const { retryAfterSeconds } = refusal.detail;
  return retryAfterSeconds === undefined ? {} : { retry_after: retryAfterSeconds };
}

/** Named for the log by the error it carries. */
function refused({ row }: Refusal, body: object, headers: Record<string, string>): Reply {
  return { ...jsonReply(row.status, body, headers), refusal: row.error };
}

/** Agent endpoints: every name a known client reads (PROTOCOL section 9). Every 401 carries a challenge. */
export function agentRefusal(refusal: Refusal): Reply {
  const { row, description, detail } = refusal;
  const challenge =
    row.status === 401
      ? {
          "WWW-Authenticate": buildChallenge("AgentAuth", {
            error: row.error,
            max_age: detail.members?.max_age === undefined ? undefined : String(detail.members.max_age),
            error_description: description,
          }),
        }
      : {};
  return refused(
    refusal,
    {
      error: row.error,
      code: row.code,
      message: description,
      error_description: description,
      ...retryMember(refusal),
      ...detail.members,
    },
    { ...challenge, ...retryHeaders(refusal), ...detail.headers },
  );
}

/** Token and revoke (RFC 6749 section 5.2). No challenge on 400: strict clients would hide the error behind it. */
export function oauthRefusal(refusal: Refusal): Reply {
  const { row, description, detail } = refusal;
  return refused(
    refusal,
    { error: row.error, error_description: description, ...retryMember(refusal), ...detail.members },
    { ...retryHeaders(refusal), ...detail.headers },
  );
}

/** Security events (RFC 8935 section 2.3): other member names, and the language of the description. */
export function eventRefusal(refusal: Refusal): Reply {
  const { row, description, detail } = refusal;
  return refused(
    refusal,
    { err: row.error, description, ...retryMember(refusal), ...detail.members },
    { "Content-Language": "en", ...retryHeaders(refusal), ...detail.headers },
  );
}

/** Protected routes (RFC 6750 section 3). Without credentials the challenge names no error. */
export function resourceRefusal(refusal: Refusal, metadataUrl: string): Reply {
  const { row, description, detail } = refusal;
  const named = refusal.reason !== "authentication_required" && row.status !== 503;
  const challenge = buildChallenge("Bearer", {
    resource_metadata: metadataUrl,
    error: named ? row.error : undefined,
    error_description: named ? description : undefined,
    scope: detail.scopes === undefined ? undefined : formatScope(detail.scopes),
  });
  return refused(
    refusal,
    {
      error: row.error,
      error_description: description,
      ...retryMember(refusal),
      ...(detail.scopes === undefined ? {} : { scope: formatScope(detail.scopes) }),
    },
    { ...(row.status === 503 ? {} : { "WWW-Authenticate": challenge }), ...retryHeaders(refusal) },
  );
}
