/** Owns the options of a trusted provider. A trust list is where accounts are lost, so every entry is checked. */
import { z } from "zod";
import { seconds } from "./endpoint-options.js";
import { parseResource } from "./protocol/issuer.js";
import { assertionAlgorithms, type TrustedProvider } from "./protocol/provider.js";

export const providerSchema = z.strictObject({
  issuer: z.string().describe("Compared character by character with `iss`."),
  name: z.string().trim().min(1).max(100).describe("Shown to people who approve an agent."),
  jwksUri: z
    .string()
    .optional()
    .describe("Where the keys are. Default: discovered from the issuer's metadata."),
  clientIds: z
    .array(z.string().min(1))
    .default([])
    .describe("Accepted as `client_id` besides the issuer itself."),
  algorithms: z
    .array(z.enum(assertionAlgorithms))
    .min(1)
    .default([...assertionAlgorithms])
    .describe("What the provider may sign with."),
  allowedEmailDomains: z
    .array(z.string().toLowerCase())
    .min(1)
    .optional()
    .describe("Only people with an address in one of these domains."),
  requiredAmr: z.array(z.string()).default([]).describe("Every one must be in `amr`, such as `mfa`."),
  jit: z.boolean().default(true).describe("Whether people without an account get one."),
  scopes: z.array(z.string()).min(1).optional().describe("What agents of this provider get at most."),
  maxAuthAgeSeconds: seconds(1, 30 * 86_400)
    .default(3600)
    .describe("How long ago the person may have signed in at the provider."),
});

interface ProviderOptions {
  issuer?: string | undefined;
  scopes?: Record<string, string> | undefined;
  dangerouslyAllowPrivateNetwork?: boolean | undefined;
  trustedProviders?: z.output<typeof providerSchema>[] | undefined;
}

/** Every entry must name another issuer than ours, once, over https. */
export function checkProviders(
  options: ProviderOptions,
  problem: (path: (string | number)[], message: string) => void,
): void {
  const seen = new Set<string>();
  options.trustedProviders?.forEach((provider, index) => {
    const at = (name: string) => ["trustedProviders", index, name];
    if (provider.issuer === options.issuer) problem(at("issuer"), "must not be this service itself");
    else if (seen.has(provider.issuer)) problem(at("issuer"), "is listed twice");
    seen.add(provider.issuer);
    for (const [name, value] of [
      ["issuer", provider.issuer],
      ["jwksUri", provider.jwksUri],
    ] as const) {
      if (value === undefined) continue;
      const allowHttp = options.dangerouslyAllowPrivateNetwork ?? false;
      const parsed = parseResource(value, allowHttp);
      if ("problem" in parsed) problem(at(name), parsed.problem);
      else if (parsed.url.protocol === "http:" && !allowHttp)
        problem(at(name), "must use https (http and private addresses need dangerouslyAllowPrivateNetwork)");
    }
    provider.scopes?.forEach((scope, position) => {
      if (options.scopes !== undefined && !Object.hasOwn(options.scopes, scope))
        problem([...at("scopes"), position], "is not one of scopes");
    });
  });
}

/** The entry of the trust list that valid options make. */
export function providerOf(
  options: z.output<typeof providerSchema>,
  source: TrustedProvider["source"],
): TrustedProvider {
  return {
    ...options,
    jwksUri: options.jwksUri ?? null,
    allowedEmailDomains: options.allowedEmailDomains ?? null,
    scopes: options.scopes ?? null,
    source,
    disabledAt: null,
  };
}

/** The entry an operator gave, under the same rules as the options, or everything that is wrong with it, by field. */
export function parseProvider(
  given: Record<string, unknown>,
  service: { issuer: string; scopes: Record<string, string>; dangerouslyAllowPrivateNetwork: boolean },
): { provider: TrustedProvider } | { problems: { field: string; message: string }[] } {
  // A form has nothing or null where options leave a member out.
  const members = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  const parsed = providerSchema.safeParse(members);
  const problems = (parsed.error?.issues ?? []).map(({ path, message, ...issue }) => ({
    field: String(path[0] ?? ("keys" in issue ? issue.keys[0] : "issuer")),
    message,
  }));
  if (parsed.success)
    checkProviders({ ...service, trustedProviders: [parsed.data] }, ([, , field], message) =>
      problems.push({ field: String(field), message }),
    );
  return parsed.success && problems.length === 0
    ? { provider: providerOf(parsed.data, "database") }
    : { problems };
}
