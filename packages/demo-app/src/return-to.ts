/** Owns where a person may be sent after signing in: a path of this demo, and nothing else. */
import { safeReturnTo as safePath } from "@agent-auth/web/page-security";

/** The path when it is safe to follow, else `/`. */
export function safeReturnTo(value: unknown, baseUrl: string): string {
  return safePath(value, new URL(baseUrl).origin, "/");
}

/** A link to `path` that comes back to where the person was going. */
export function withReturnTo(path: string, returnTo: string): string {
  return returnTo === "/" ? path : `${path}?return_to=${encodeURIComponent(returnTo)}`;
}
