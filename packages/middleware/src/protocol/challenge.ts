/**
 * Owns `WWW-Authenticate` values (RFC 9110 section 11.6.1, RFC 6750 section 3, RFC 9728 section 5.1).
 * Every parameter is a quoted-string of plain characters: common clients read challenges with simple patterns.
 */

/** Characters RFC 6750 allows in parameter values; anything else becomes a space. */
function plain(value: string): string {
  return value.replace(/[^\x20\x21\x23-\x5B\x5D-\x7E]/g, " ");
}

/** Builds one challenge. Undefined parameters are left out. */
export function buildChallenge(
  scheme: "Bearer" | "AgentAuth",
  parameters: Record<string, string | undefined>,
): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${plain(value)}"`],
  );
  return `${scheme} ${pairs.join(", ")}`;
}

const quotedString = /"(?:[^"\\]|\\.)*"/g;
const bearerScheme = /(^|,)(\s*Bearer)(?=\s|,|$)/i;
const metadataParameter = /\bresource_metadata\s*=/i;

/** The value with quoted strings blanked out, so that patterns see its structure only. Positions stay. */
function structure(value: string): string {
  return value.replace(quotedString, (quoted) => `"${"_".repeat(quoted.length - 2)}"`);
}

/**
 * Makes the host's own challenges lead an agent to us: none, ours is added; Bearer without `resource_metadata`, the
 * parameter is added; another scheme, ours goes first; already there, left alone.
 */
export function completeChallenges(existing: readonly string[], metadataUrl: string): string[] {
  if (existing.some((value) => metadataParameter.test(structure(value)))) return [...existing];
  const parameter = `resource_metadata="${plain(metadataUrl)}"`;
  const bearer = existing.findIndex((value) => bearerScheme.test(structure(value)));
  if (bearer < 0) return [`Bearer ${parameter}`, ...existing];
  return existing.map((value, index) => {
    if (index !== bearer) return value;
    const match = bearerScheme.exec(structure(value)) as RegExpExecArray;
    const end = match.index + match[0].length;
    const rest = value.slice(end).trimStart();
    const glue = rest === "" || rest.startsWith(",") ? "" : ", ";
    return `${value.slice(0, end)} ${parameter}${glue}${rest}`;
  });
}
