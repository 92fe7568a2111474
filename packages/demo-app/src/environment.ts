/**
 * Owns the demo's environment variables: defaults, bounds, and the sentence each bad value gets. Parsed once, at
 * start; nothing else reads `process.env`.
 */
import { isAbsolute, resolve } from "node:path";
import { isLoopback } from "@agent-auth/web/addresses";
import { z } from "zod";
import { providerIssuer } from "./sample-provider.js";
import { type TrustedProvider, trustedProviders, trustProblems } from "./trusted-providers.js";

const wholeNumber = (minimum: number, maximum: number) => {
  const message = `must be a whole number from ${minimum} to ${maximum}`;
  return z
    .string()
    .regex(/^\d{1,10}$/, message)
    .transform(Number)
    .refine((number) => number >= minimum && number <= maximum, message);
};

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: `must be one of ${values.join(", ")}` });

const baseUrl = z.string().superRefine((value, context) => {
  const complain = (message: string) => context.addIssue({ code: "custom", message });
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    return complain("must be an http or https address such as http://localhost:8000");
  const url = new URL(value);
  if (url.origin !== value)
    return complain(`must be an origin without path, query or trailing slash, such as ${url.origin}`);
  if (url.protocol === "http:" && !isLoopback(url))
    return complain("must use https (http is for localhost and other loopback addresses)");
});

/** Where data is unless another place is given. People, notes and captured mail of the demo never are in PostgreSQL. */
const ownData = "sqlite:./data/demo.db";

const schema = z.object({
  PORT: wholeNumber(0, 65_535).default(8000),
  PROVIDER_PORT: z
    .string()
    .refine(
      (value) => value === "off" || (/^\d{1,5}$/.test(value) && Number(value) <= 65_535),
      "must be off or a whole number from 0 to 65535",
    )
    .optional(),
  BASE_URL: baseUrl.optional(),
  DATABASE_URL: z
    .string()
    .refine(
      (url) => /^sqlite:.+/.test(url) || (/^postgres(ql)?:\/\/./.test(url) && URL.canParse(url)),
      "must look like sqlite:./data/demo.db, sqlite::memory: or postgres://user@host/name",
    )
    .default(ownData),
  SMTP_URL: z
    .string()
    .refine(
      (url) => /^smtps?:\/\/[^/]/.test(url) && URL.canParse(url),
      "must look like smtp://localhost:1025 or smtps://user:password@mail.example.com",
    )
    .optional(),
  CEREMONY: oneOf(["code-entry", "read-back", "both"]).default("both"),
  SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= 32, "must be at least 32 bytes long")
    .optional(),
  CLAIM_SIGN_IN: oneOf(["host", "email"]).default("host"),
  WRONG_ACCOUNT: oneOf(["refuse", "advise"]).default("refuse"),
  TRUSTED_PROVIDERS: trustedProviders.default([]),
  RATE_LIMITS: oneOf(["on", "library", "off"]).default("on"),
  ACCESS_TOKEN_TTL: wholeNumber(1, 86_400).optional(),
  ASSERTION_TTL: wholeNumber(1, 86_400).optional(),
  CLAIM_TTL: wholeNumber(1, 30 * 86_400).optional(),
  ATTEMPT_TTL: wholeNumber(1, 600).optional(),
  LOG_LEVEL: oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
});

export type Ceremony = "both" | "code-entry" | "read-back";

/** What the rest of the demo sees: parsed, complete, in the words of the code. */
export interface Environment {
  port: number;
  /** Null: no sample provider. 0 picks a free one. */
  providerPort: number | null;
  /** Undefined: `http://localhost:` and the port that was really opened. */
  baseUrl: string | undefined;
  /** Absolute path of the SQLite file; null keeps everything in memory. */
  databasePath: string | null;
  /** Where the library keeps its data instead; undefined: in the SQLite file too. */
  postgresUrl: string | undefined;
  /** Undefined: generated once, next to the database. */
  secret: string | undefined;
  /** Where mail leaves. Undefined: it is captured. */
  smtpUrl: string | undefined;
  /** Which way the code of a claim travels. */
  ceremony: Ceremony;
  /** How people say who they are on the claim page: by the demo's own login, or by a link in their mail. */
  claimSignIn: "host" | "email";
  wrongAccount: "refuse" | "advise";
  rateLimits: "on" | "library" | "off";
  /** Trusted besides the sample provider. */
  trustedProviders: TrustedProvider[];
  lifetimes: {
    accessTokenSeconds: number | undefined;
    assertionSeconds: number | undefined;
    claimWindowSeconds: number | undefined;
    attemptSeconds: number | undefined;
  };
  logLevel: string;
}

/** Names every variable with a bad value, and what it may be. Never repeats the value: it may be a secret. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
  constructor(readonly problems: string[]) {
    super(
      `The demo cannot start with this environment:\n${problems.map((line) => `  - ${line}`).join("\n")}`,
    );
  }
}

/** Reads the variables. An empty one counts as unset. Relative paths start at `directory`. */
export function parseEnvironment(
  variables: Record<string, string | undefined>,
  directory: string,
): Environment {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
  const result = schema.safeParse(given);
  if (!result.success) {
    const problems = new Map<string, string>();
    for (const issue of result.error.issues)
      for (const [place, sentence] of describe(issue))
        if (!problems.has(place)) problems.set(place, sentence);
    throw new EnvironmentError([...problems.values()]);
  }
  const parsed = result.data;
  const providerPort = placeProvider(parsed);
  const postgresUrl = parsed.DATABASE_URL.startsWith("sqlite:") ? undefined : parsed.DATABASE_URL;
  const location = (postgresUrl === undefined ? parsed.DATABASE_URL : ownData).slice("sqlite:".length);
  return {
    port: parsed.PORT,
    providerPort,
    baseUrl: parsed.BASE_URL,
    databasePath:
      location === ":memory:"
        ? null
        : isAbsolute(location)
          ? resolve(location)
          : resolve(directory, location),
    postgresUrl,
    secret: parsed.SECRET,
    smtpUrl: parsed.SMTP_URL,
    ceremony: parsed.CEREMONY,
    claimSignIn: parsed.CLAIM_SIGN_IN,
    wrongAccount: parsed.WRONG_ACCOUNT,
    rateLimits: parsed.RATE_LIMITS,
    trustedProviders: parsed.TRUSTED_PROVIDERS,
    lifetimes: {
      accessTokenSeconds: parsed.ACCESS_TOKEN_TTL,
      assertionSeconds: parsed.ASSERTION_TTL,
      claimWindowSeconds: parsed.CLAIM_TTL,
      attemptSeconds: parsed.ATTEMPT_TTL,
    },
    logLevel: parsed.LOG_LEVEL,
  };
}

/**
 * Where the sample provider is. It is for people on this computer, who all know its passwords: a demo that others can
 * reach does not trust it. Refuses what does not go together.
 */
function placeProvider(parsed: z.output<typeof schema>): number | null {
  const { PORT, PROVIDER_PORT, BASE_URL } = parsed;
  const isLocal = BASE_URL === undefined || isLoopback(new URL(BASE_URL));
  const wanted = PROVIDER_PORT ?? (isLocal ? "4000" : "off");
  const providerPort = wanted === "off" ? null : Number(wanted);
  const problems: string[] = [];
  if (providerPort !== null && !isLocal)
    problems.push("PROVIDER_PORT must be off or unset when BASE_URL is not on localhost");
  if (providerPort !== null && providerPort !== 0 && providerPort === PORT)
    problems.push(`PROVIDER_PORT must be another port than PORT, which is ${PORT}`);
  const taken = new Map([[BASE_URL ?? `http://localhost:${PORT}`, "the demo itself"]]);
  if (providerPort !== null) taken.set(providerIssuer(providerPort), "the sample provider, which is trusted");
  problems.push(...trustProblems(parsed.TRUSTED_PROVIDERS, { isLocal, taken }));
  if (problems.length > 0) throw new EnvironmentError(problems);
  return providerPort;
}

/** Place and sentence of each problem. */
function describe(issue: z.core.$ZodIssue): [place: string, sentence: string][] {
  const path = issue.path.map((member, index) =>
    index === 0 ? String(member) : typeof member === "number" ? `[${member}]` : `.${String(member)}`,
  );
  const place = path.join("");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => [`${place}.${key}`, `${place}.${key} is not known`]);
  return [[place, `${place} ${issue.message}`]];
}
