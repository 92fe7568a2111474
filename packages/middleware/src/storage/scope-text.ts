/** Owns how a list of scopes is spelled in a column. */

/** Scopes as the one text of their column. A scope holds no space (RFC 6749 section 3.3), so this is reversible. */
export function scopesToText(scopes: readonly string[]): string {
  return scopes.join(" ");
}

/** The scopes of such a text. */
export function scopesFromText(text: string): string[] {
  return text === "" ? [] : text.split(" ");
}
