/** Owns `TRUSTED_PROVIDERS`: the shape of the list, and the rules that depend on where the demo itself is. */
import { z } from "zod";
import { isPrivate } from "./network-place.js";

const address = z.string({ error: "must be an address such as https://agents.example.com" }).refine(
  (value) => {
    if (!URL.canParse(value)) return false;
    const { protocol, username, password } = new URL(value);
    return /^https?:$/.test(protocol) && username === "" && password === "" && !value.includes("#");
  },
  { error: "must be an http or https address without credentials and fragment" },
);

const name = z
  .string({ error: "must be the name people are shown" })
  .trim()
  .min(1, "must not be empty")
  .max(100, "must have at most 100 characters");

const clientId = z.string({ error: "must be a string" }).min(1, "must not be empty");

const entry = z.strictObject(
  {
    issuer: address,
    name,
    jwksUri: address.optional(),
    clientIds: z.array(clientId, { error: "must be a list of strings" }).optional(),
  },
  { error: 'must be an object such as {"issuer": "https://agents.example.com", "name": "Example"}' },
);

export type TrustedProvider = z.output<typeof entry>;

/** A JSON list of providers, as text. */
export const trustedProviders = z
  .string()
  .transform((text, context): unknown => {
    try {
      const value: unknown = JSON.parse(text);
      if (Array.isArray(value)) return value;
    } catch {
      // Told below.
    }
    const example = '[{"issuer": "https://agents.example.com", "name": "Example"}]';
    context.addIssue({ code: "custom", message: `must be a JSON list such as ${example}` });
    return z.NEVER;
  })
  .pipe(z.array(entry));

/** What is wrong with a good list on this demo. `taken`: issuers that are the demo itself, or trusted already. */
export function trustProblems(
  providers: readonly TrustedProvider[],
  place: { isLocal: boolean; taken: ReadonlyMap<string, string> },
): string[] {
  const seen = new Map(place.taken);
  return providers.flatMap(({ issuer, jwksUri }, index) => {
    const problems: string[] = [];
    const at = (member: string) => `TRUSTED_PROVIDERS[${index}].${member}`;
    const other = seen.get(issuer);
    if (other !== undefined) problems.push(`${at("issuer")} must not be ${other}`);
    seen.set(issuer, `the one of TRUSTED_PROVIDERS[${index}] again`);
    for (const [member, value] of Object.entries({ issuer, jwksUri })) {
      if (value === undefined || place.isLocal) continue;
      const url = new URL(value);
      if (url.protocol !== "https:" || isPrivate(url))
        problems.push(
          `${at(member)} must use https and a public address (others are for a BASE_URL on localhost)`,
        );
    }
    return problems;
  });
}
