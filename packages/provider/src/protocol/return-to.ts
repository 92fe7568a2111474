/** Owns where a person may be sent after signing in: a path on this origin, and nothing else. */

// Browsers drop tabs and line breaks from URLs and read a backslash as a slash: neither belongs into a path of ours.
const forbidden = /[\\\p{Cc}]/u;
const longest = 2000;

/** The path when it is safe to follow, else `fallback`. */
export function safeReturnTo(value: string | null | undefined, origin: string, fallback: string): string {
  if (value === null || value === undefined || value.length > longest) return fallback;
  if (!value.startsWith("/") || value.startsWith("//") || forbidden.test(value)) return fallback;
  if (!URL.canParse(value, origin)) return fallback;
  const url = new URL(value, origin);
  if (url.origin !== origin) return fallback;
  const path = url.pathname + url.search + url.hash;
  // `/.//evil` parses to the path `//evil`, which a browser would read as a host.
  return path.startsWith("//") ? fallback : path;
}
