/** Owns where a person may be sent after signing in: a path of this demo, and nothing else. */

// Browsers drop tabs and line breaks from URLs and read a backslash as a slash: neither belongs into a path of ours.
const forbidden = /[\\\p{Cc}]/u;

/** The path when it is safe to follow, else `/`. */
export function safeReturnTo(value: unknown, baseUrl: string): string {
  if (typeof value !== "string" || value.length > 2000) return "/";
  if (!value.startsWith("/") || value.startsWith("//") || forbidden.test(value)) return "/";
  if (!URL.canParse(value, baseUrl)) return "/";
  const url = new URL(value, baseUrl);
  if (url.origin !== new URL(baseUrl).origin) return "/";
  const path = url.pathname + url.search + url.hash;
  // `/.//evil` parses to the path `//evil`, which a browser would read as a host.
  return path.startsWith("//") ? "/" : path;
}

/** A link to `path` that comes back to where the person was going. */
export function withReturnTo(path: string, returnTo: string): string {
  return returnTo === "/" ? path : `${path}?return_to=${encodeURIComponent(returnTo)}`;
}
