/** Owns the environment of the command `agent-provider`: read once, and every bad value named. */

import { isLoopback } from "@agent-auth/web/addresses";
import { z } from "zod";
import type { AgentProviderOptions } from "./options.js";

const flag = z.enum(["true", "false"]).transform((value) => value === "true");

/** A JSON list, whose items the options check. */
const jsonList = z.string().transform((text, context) => {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value as unknown[];
  } catch {
    // Told below.
  }
  context.addIssue({ code: "custom", message: "must be a JSON list" });
  return z.NEVER;
});

const schema = z.object({
  PORT: z.coerce.number().int().min(1).max(65_535).default(4000),
  HOST: z.string().min(1).default("localhost"),
  ISSUER: z.string().optional(),
  NAME: z.string().optional(),
  DATABASE: z.string().default("sqlite:./data/provider.db"),
  SECRET: z.string().optional(),
  USERS: jsonList.optional(),
  CLIENTS: jsonList.optional(),
  AUDIENCES: jsonList.optional(),
  KEY_ALGORITHM: z.enum(["ES256", "RS256"]).optional(),
  ALLOW_PRIVATE_NETWORK: flag.optional(),
});

export interface Environment {
  port: number;
  host: string;
  options: AgentProviderOptions;
}

/** Throws an `Error` that lists every problem. Empty values count as absent. */
export function readEnvironment(variables: Record<string, string | undefined>): Environment {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const result = schema.safeParse(given);
  if (!result.success) {
    const lines = result.error.issues.map(({ path, message }) => `  - ${path.join(".")}: ${message}`);
    throw new Error(`agent-provider cannot start with this environment:\n${lines.join("\n")}`);
  }
  const { PORT, HOST, DATABASE, SECRET, ALLOW_PRIVATE_NETWORK, ...rest } = result.data;
  const issuer = rest.ISSUER ?? `http://localhost:${PORT}`;
  const isLocal = URL.canParse(issuer) && isLoopback(new URL(issuer));
  const options = {
    issuer,
    storage: DATABASE,
    secrets: SECRET?.split(",").map((secret) => secret.trim()),
    name: rest.NAME,
    users: rest.USERS,
    clients: rest.CLIENTS,
    audiences: rest.AUDIENCES,
    keyAlgorithm: rest.KEY_ALGORITHM,
    // On one's own computer the services are there too.
    dangerouslyAllowPrivateNetwork: ALLOW_PRIVATE_NETWORK ?? isLocal,
  };
  const present = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  // What is in the lists is checked by `agentProvider` itself.
  return { port: PORT, host: HOST, options: present as unknown as AgentProviderOptions };
}
