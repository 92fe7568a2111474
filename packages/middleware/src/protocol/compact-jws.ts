/**
 * Owns reading a compact JWS from elsewhere before anything in it is believed. One spelling per token: canonical
 * base64url, three parts, JSON objects (RFC 7515 section 7.1, RFC 8725 section 3.11).
 */

/** Longest token we look at. */
export const longestJws = 16_384;
const compactForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

export interface UnverifiedJws {
  header: Record<string, unknown>;
  payload: Record<string, unknown>;
}

function isCanonical(part: string): boolean {
  return Buffer.from(part, "base64url").toString("base64url") === part;
}

/** Whether the value has the form of one compact JWS in canonical base64url. */
export function isCompactJws(value: string): boolean {
  return value.length <= longestJws && compactForm.test(value) && value.split(".").every(isCanonical);
}

function readPart(part: string): Record<string, unknown> | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(part, "base64url"));
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** Header and payload, unverified; null when it is not one well-formed compact JWS of two JSON objects. */
export function readCompactJws(value: string): UnverifiedJws | null {
  if (!isCompactJws(value)) return null;
  const [first = "", second = ""] = value.split(".");
  const header = readPart(first);
  const payload = readPart(second);
  return header === null || payload === null ? null : { header, payload };
}

/** Whether a `typ` names the media type, in any case and with or without `application/` (RFC 7515 section 4.1.9). */
export function isType(typ: unknown, expected: string): boolean {
  return typeof typ === "string" && typ.toLowerCase().replace(/^application\//, "") === expected;
}

/** A `kid` we are willing to look up: absent, or a short string. */
export function isKeyId(kid: unknown): kid is string | undefined {
  return kid === undefined || (typeof kid === "string" && kid !== "" && kid.length <= 255);
}

/** A NumericDate that can be reckoned with (RFC 7519 section 2): fractions are legal, negatives make no sense here. */
export function isNumericDate(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/**
 * A name such as `sub` or `jti`: a non-empty string of at most 255 characters. Half a surrogate pair has no UTF-8, and
 * PostgreSQL stores no NUL, so a database would take two such names for one.
 */
export function isName(value: unknown): value is string {
  return (
    typeof value === "string" && value !== "" && value.length <= 255 && !/[\p{Surrogate}\0]/u.test(value)
  );
}
