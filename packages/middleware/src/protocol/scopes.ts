/** Owns scope arithmetic (RFC 6749 section 3.3). Scopes only ever narrow. */

const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** Whether `value` is one legal scope-token. */
export function isScope(value: string): boolean {
  return scopeToken.test(value);
}

/**
 * Splits a `scope` parameter. Runs of spaces count as one; order is kept, doubles are dropped.
 * Returns null when a character is not allowed.
 */
export function parseScope(value: string): string[] | null {
  const parts = value.split(" ").filter((part) => part !== "");
  return parts.every(isScope) ? [...new Set(parts)] : null;
}

export function formatScope(scopes: readonly string[]): string {
  return scopes.join(" ");
}

/** Members of `scopes` that are also in `allowed`, in the order of `scopes`. */
export function intersect(scopes: readonly string[], allowed: readonly string[]): string[] {
  return scopes.filter((scope) => allowed.includes(scope));
}

export function covers(granted: readonly string[], needed: readonly string[]): boolean {
  return needed.every((scope) => granted.includes(scope));
}
