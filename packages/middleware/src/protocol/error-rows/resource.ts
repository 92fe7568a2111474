/** Owns the refusals of protected routes (RFC 6750 section 3.1). */
import { row } from "./row.js";

export const resourceRows = {
  authentication_required: row(
    "resource",
    401,
    "authentication_required",
    "This API needs an access token.",
    "Follow resource_metadata in the WWW-Authenticate header to register.",
  ),
  malformed_credentials: row(
    "resource",
    400,
    "invalid_request",
    "The Authorization header is malformed.",
    "Send exactly one Authorization: Bearer header, and the token nowhere else.",
  ),
  invalid_token: row(
    "resource",
    401,
    "invalid_token",
    "The access token is expired, revoked or not one of ours.",
    "Exchange your identity assertion for a new access token; if that fails, register again.",
  ),
  insufficient_scope: row(
    "resource",
    403,
    "insufficient_scope",
    "The access token lacks a scope this operation needs.",
    "Ask your user to claim the registration with the scopes named in the challenge.",
  ),
  resource_temporarily_unavailable: row(
    "resource",
    503,
    "temporarily_unavailable",
    "Access tokens cannot be checked at the moment.",
    "Wait as long as Retry-After says, then send the request again.",
  ),
} as const;
