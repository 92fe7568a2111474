/**
 * Owns what is left of a stranger's text when a person looks at it. Escaping is the templates' work; this removes what
 * escaping lets through: characters that reorder, hide or stretch the text around them.
 */

/** Characters that show nothing, except the joiners and the variation selector that emoji and many scripts need. */
const invisible = /(?!\u200C|\u200D|\uFE0F)[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const spacing = /[\p{Cc}\p{Z}\u2800]+/gu;
const stackedMarks = /(\p{M}{3})\p{M}+/gu;
const loneSurrogate = /\p{Cs}/gu;
const somethingToSee = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** One line of at most `maxLength` characters, or null when there would be nothing to see. */
export function visibleText(text: string | null, maxLength: number): string | null {
  if (text === null) return null;
  const line = text
    .slice(0, maxLength * 8)
    .replace(loneSurrogate, "\uFFFD")
    .replace(spacing, " ")
    .replace(invisible, "")
    .replace(stackedMarks, "$1")
    .trim();
  if (!somethingToSee.test(line)) return null;
  const characters = Array.from(line);
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join("")}…` : line;
}
