/**
 * Owns what must not be written down: finds our secrets, signed tokens, credentials and mail addresses in words of
 * others, such as the message of an error. What we word ourselves holds none to begin with.
 */

/** Longer text is cut: a log line is for a reader. */
const longestText = 8000;

// Each run of characters is looked at from its start only, so that no text makes this slow.
const hidden: readonly (readonly [RegExp, string])[] = [
  // Compact JWS and JWE: a header that is a JSON object, in base64url.
  [/(?<![\w-])eyJ[\w-]+(?:\.[\w-]*)*/g, "[signed token]"],
  [/(?<![A-Za-z0-9])(?:at|ct|cat|rt|cml|cmd|cmm)_[\w-]{16,}/g, "[secret]"],
  [/\b(Bearer|Basic|DPoP|AgentAuth) +[\w\-.~+/]{8,}=*/gi, "$1 [secret]"],
  [/(\/\/)[^/?#\s@]*@/g, "$1[credentials]@"],
  // Whatever stands around an @, but for the scope of a package in a path: addresses have stranger forms than one knows.
  [/(?<![^\s"<>()[\]@/\\])[^\s"<>()[\]@/\\]+@[^\s"'<>()@/\\,;]+/g, "[address]"],
  // What a query holds is often what lets somebody in.
  [/(\bhttps?:\/\/[^\s?#"'<>]+\?)[^\s"'<>)]+/gi, "$1[query]"],
];

/** What each of them needs to fit. Most of what is written has none of it, and lines are written with every request. */
const suspicious = /(?:at|ct|rt)_|cm[lmd]_|eyJ|@|https?:|bearer|basic|dpop|agentauth/i;

/** The text without anything that lets somebody in or names a person by their address. */
export function withoutSecrets(text: string): string {
  const short = text.slice(0, longestText);
  if (!suspicious.test(short)) return short;
  return hidden.reduce((kept, [pattern, word]) => kept.replace(pattern, word), short);
}
