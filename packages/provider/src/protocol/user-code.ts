/** Owns the code a person carries from an agent to our page (RFC 8628 section 6.1). */

/** No vowels, so that no code spells a word; nothing that looks like something else. */
const alphabet = "BCDFGHJKLMNPQRSTVWXZ";
export const userCodeLength = 8;

/** Draws one code, 34 bits. `draw` returns one uniform byte. */
export function drawUserCode(draw: () => number): string {
  // Bytes at or above this are drawn again, so that every letter is equally likely.
  const unbiasedBelow = 256 - (256 % alphabet.length);
  let code = "";
  while (code.length < userCodeLength) {
    const byte = draw();
    if (byte < unbiasedBelow) code += alphabet[byte % alphabet.length];
  }
  return code;
}

/** Drops case, spaces and dashes; null when what is left is no code. */
export function normaliseUserCode(typed: string): string | null {
  if (typed.length > 64) return null;
  const letters = typed
    .normalize("NFKC")
    .replace(/[\s\p{Dash_Punctuation}]/gu, "")
    .toUpperCase();
  return /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/.test(letters) ? letters : null;
}

/** `BCDFGHJK` as `BCDF-GHJK`, the form shown to people. */
export function displayUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}
