/**
 * Owns turning the options of `agentAuth` into complete settings. Parsed once, frozen, and loud: every problem is
 * reported together with the option's path.
 */
import type { z } from "zod";
import { optionsSchema } from "./options-schema.js";

/** Options as you pass them to `agentAuth`. */
export type AgentAuthOptions = z.input<typeof optionsSchema>;
type Parsed = z.output<typeof optionsSchema>;

/** The same, complete: what is not given has its default. */
export interface Settings
  extends Omit<Parsed, "secrets" | "identityTypes" | "preClaimScopes" | "postClaimScopes"> {
  baseUrl: string;
  resource: string;
  /** Null: the loopback development secret. */
  secrets: string[] | null;
  identityTypes: ("anonymous" | "service_auth")[];
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

function describeIssue(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: path === "" ? key : `${path}.${key}`,
      message: "is not an option",
    }));
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const messages = issue.errors.flat().map((inner) => inner.message);
    return [{ path, message: [...new Set(messages)].join(", or ") }];
  }
  return [{ path, message: issue.message }];
}

/** Checks the options and fills in the defaults. Throws `OptionsError`. */
export function parseOptions(options: AgentAuthOptions): Readonly<Settings> {
  const result = optionsSchema.safeParse(options);
  if (!result.success) throw new OptionsError(result.error.issues.flatMap(describeIssue));
  const parsed = result.data;
  const defaultTypes: Settings["identityTypes"] =
    parsed.preClaimScopes === undefined ? ["service_auth"] : ["anonymous", "service_auth"];
  return Object.freeze({
    ...parsed,
    baseUrl: parsed.baseUrl ?? parsed.issuer,
    resource: parsed.resource ?? parsed.issuer,
    secrets: parsed.secrets ?? null,
    preClaimScopes: parsed.preClaimScopes ?? [],
    postClaimScopes: parsed.postClaimScopes ?? Object.keys(parsed.scopes),
    identityTypes: parsed.identityTypes ?? defaultTypes,
  });
}

export { optionsSchema };
