/**
 * Owns the refusals of the event receiver (RFC 8935 section 2.4): registered codes in the member `err`, always 400 but
 * for limits and outages.
 */
import { row } from "./row.js";

export const eventRows = {
  event_invalid_request: row(
    "event",
    400,
    "invalid_request",
    "The token or the request is malformed.",
    "Correct it before sending it again.",
  ),
  event_invalid_key: row(
    "event",
    400,
    "invalid_key",
    "The key the token names is not published by its issuer.",
    "Publish the key, or sign with a published one.",
  ),
  event_invalid_issuer: row(
    "event",
    400,
    "invalid_issuer",
    "The issuer is not trusted here.",
    "Ask the operators of the service to add the issuer to their trust list.",
  ),
  event_invalid_audience: row(
    "event",
    400,
    "invalid_audience",
    "The token is for somebody else.",
    "Send it to the receiver it names.",
  ),
  event_authentication_failed: row(
    "event",
    400,
    "authentication_failed",
    "The signature does not verify with the keys of the issuer.",
    "Sign the token with a published key.",
  ),
  event_method_not_allowed: row(
    "event",
    405,
    "invalid_request",
    "This endpoint takes POST only.",
    "Send the request with POST.",
  ),
  event_body_too_large: row(
    "event",
    413,
    "invalid_request",
    "The request body is too large.",
    "Send one compact JWS of at most 16 KiB.",
  ),
  event_rate_limited: row(
    "event",
    429,
    "rate_limited",
    "Too many events.",
    "Wait as long as Retry-After says, then send the same token again.",
  ),
  event_temporarily_unavailable: row(
    "event",
    503,
    "temporarily_unavailable",
    "The event could not be stored.",
    "Wait as long as Retry-After says, then send the same token again.",
  ),
  event_server_error: row(
    "event",
    500,
    "server_error",
    "Something went wrong on our side.",
    "Send the same token again later.",
  ),
} as const;
