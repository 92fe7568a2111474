/**
 * Owns turning the options of `agentAuth` into complete settings. Parsed once, frozen, and loud: every problem is
 * reported together with the option's path.
 */
import type { z } from "zod";
import { checkTogether } from "./option-checks.js";
import { optionsSchema } from "./options-schema.js";
import type { IdentityType } from "./protocol/metadata.js";
import type { TrustedProvider } from "./protocol/provider.js";
import { providerOf } from "./provider-options.js";

/** Options as you pass them to `agentAuth`. */
export type AgentAuthOptions = z.input<typeof optionsSchema>;
type Parsed = z.output<typeof optionsSchema>;

/** The same, complete: what is not given has its default. */
export interface Settings
  extends Omit<
    Parsed,
    "secrets" | "mail" | "identityTypes" | "preClaimScopes" | "postClaimScopes" | "trustedProviders"
  > {
  baseUrl: string;
  resource: string;
  /** Null: the loopback development secret. */
  secrets: string[] | null;
  /** Null: no mail is sent. */
  mail: NonNullable<Parsed["mail"]> | null;
  identityTypes: IdentityType[];
  trustedProviders: TrustedProvider[];
  /** Issuers named in the metadata. */
  publishedIssuers: string[];
  preClaimScopes: string[];
  postClaimScopes: string[];
}

/** Thrown by `agentAuth` when options are wrong. Lists every problem with the option's path. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
  constructor(readonly problems: { path: string; message: string }[]) {
    const lines = problems.map(({ path, message }) => `  - ${path === "" ? "options" : path}: ${message}`);
    super(`agentAuth cannot start with these options:\n${lines.join("\n")}`);
  }
}

/** A problem of a union is a problem of the branch that was meant: the one that got deepest into the value. */
function flatten(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const depth = (issues: z.core.$ZodIssue[]) => Math.max(...issues.map((inner) => inner.path.length));
  const [meant = []] = [...issue.errors].sort((one, other) => depth(other) - depth(one));
  return meant.flatMap(flatten).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

function describeIssue(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  const path = issue.path.map(String).join(".");
  if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({
    path: path === "" ? key : `${path}.${key}`,
    message: "is not an option",
  }));
}

/**
 * Parses each option by itself and then checks the rules between those that are good, so that one bad option hides no
 * other. Throws `OptionsError`.
 */
function parseEach(options: AgentAuthOptions): Parsed {
  const whole = optionsSchema.safeParse(options);
  const problems = (whole.error?.issues ?? []).flatMap(flatten).flatMap(describeIssue);
  const given = (options ?? {}) as Record<string, unknown>;
  const good = Object.entries(optionsSchema.shape).flatMap(([name, schema]) => {
    const result = schema.safeParse(given[name]);
    return result.success && result.data !== undefined ? [[name, result.data]] : [];
  });
  checkTogether(
    Object.fromEntries(good) as Partial<Parsed>,
    (name) => given[name] !== undefined,
    (path, message) => problems.push({ path: path.map(String).join("."), message }),
  );
  if (problems.length > 0 || !whole.success) throw new OptionsError(problems);
  return whole.data;
}

/** Checks the options and fills in the defaults. Throws `OptionsError`. */
export function parseOptions(options: AgentAuthOptions): Readonly<Settings> {
  const parsed = parseEach(options);
  const trustedProviders = (parsed.trustedProviders ?? []).map((provider) => providerOf(provider, "options"));
  const defaultTypes: IdentityType[] = ["service_auth"];
  if (parsed.preClaimScopes !== undefined) defaultTypes.unshift("anonymous");
  if (parsed.trustedProviders !== undefined) defaultTypes.push("identity_assertion");
  return Object.freeze({
    ...parsed,
    baseUrl: parsed.baseUrl ?? parsed.issuer,
    resource: parsed.resource ?? parsed.issuer,
    secrets: parsed.secrets ?? null,
    mail: parsed.mail ?? null,
    preClaimScopes: parsed.preClaimScopes ?? [],
    postClaimScopes: parsed.postClaimScopes ?? Object.keys(parsed.scopes),
    identityTypes: parsed.identityTypes ?? defaultTypes,
    trustedProviders,
    publishedIssuers: parsed.publishTrustedProviders ? trustedProviders.map(({ issuer }) => issuer) : [],
  });
}

export { optionsSchema };
