/** Owns turning the options of `agentProvider` into complete settings, and saying everything that is wrong at once. */
import type { z } from "zod";
import { optionsSchema } from "./options-schema.js";
import { urlOf } from "./protocol/metadata.js";
import type { Client, User } from "./protocol/model.js";

/** Options as you pass them to `agentProvider`. */
export type AgentProviderOptions = z.input<typeof optionsSchema>;
type Parsed = z.output<typeof optionsSchema>;

/** The same, complete. */
export interface Settings extends Omit<Parsed, "secrets" | "users" | "clients" | "audiences"> {
  /** Null: the loopback development secret. */
  secrets: string[] | null;
  users: User[];
  /** Whether `users` are the ones everybody knows, whose passwords the sign-in page may show. */
  hasDemoUsers: boolean;
  clients: Client[];
  /** Null: any. */
  audiences: string[] | null;
}

/** Thrown by `agentProvider` when options are wrong. Lists every problem with the option's path. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
  constructor(readonly problems: { path: string; message: string }[]) {
    const lines = problems.map(({ path, message }) => `  - ${path === "" ? "options" : path}: ${message}`);
    super(`agentProvider cannot start with these options:\n${lines.join("\n")}`);
  }
}

/** The people of the demo; Carol has an account here and nowhere else. */
const demoUsers: User[] = ["Alice", "Bob", "Carol"].map((name) => ({
  id: `usr_${name.toLowerCase()}`,
  email: `${name.toLowerCase()}@example.com`,
  emailVerified: true,
  password: `${name.toLowerCase()}-demo`,
  name,
  phone: null,
  phoneVerified: false,
}));

function describeIssue(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: path === "" ? key : `${path}.${key}`,
      message: "is not an option",
    }));
  return [{ path, message: issue.message }];
}

/** Checks the options and fills in the defaults. Throws `OptionsError`. */
export function parseOptions(options: AgentProviderOptions): Readonly<Settings> {
  const result = optionsSchema.safeParse(options);
  if (!result.success) throw new OptionsError(result.error.issues.flatMap(describeIssue));
  const parsed = result.data;
  const developmentClient: Client = {
    clientId: urlOf(parsed.issuer, "clientMetadata"),
    clientSecret: null,
    name: `${parsed.name} agent`,
  };
  return Object.freeze({
    ...parsed,
    secrets: parsed.secrets ?? null,
    users:
      parsed.users?.map((user) => ({ ...user, phone: user.phone ?? null })) ??
      demoUsers.map((user) => ({ ...user })),
    hasDemoUsers: parsed.users === undefined,
    clients: parsed.clients?.map((client) => ({
      clientId: client.client_id,
      clientSecret: client.client_secret ?? null,
      name: client.name,
    })) ?? [developmentClient],
    audiences: parsed.audiences ?? null,
  });
}
