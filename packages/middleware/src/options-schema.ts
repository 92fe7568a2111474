/** Owns the schema of the options: types, units, defaults, bounds and the sentences in `docs/options.md`. */
import { z } from "zod";
import { lifetimesSchema, limitsSchema, pathsSchema, retentionSchema } from "./endpoint-options.js";
import { mailSchema } from "./mail-options.js";
import type { MetricsRegistry } from "./metrics-port.js";
import type { Accounts, Clock, Logger, Random } from "./ports.js";
import { ceremonies } from "./protocol/ceremony.js";
import { isScope } from "./protocol/scopes.js";
import { providerSchema } from "./provider-options.js";
import { storageSchema } from "./storage-options.js";

const hook = <Type>(what: string) =>
  z.custom<Type>((value) => typeof value === "function", { error: `must be a function (${what})` });

export const optionsSchema = z.strictObject({
  issuer: z
    .string()
    .describe(
      "The issuer URL, as clients see it: https, no trailing slash, no query. http is for loopback hosts only.",
    ),
  baseUrl: z
    .string()
    .optional()
    .describe("Where this middleware is reachable, if it is mounted somewhere else than at the issuer URL."),
  resource: z
    .string()
    .optional()
    .describe(
      "The protected resource identifier (RFC 9728) access tokens are bound to. Default: the issuer.",
    ),
  resourceName: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .describe("Name of your service, shown to people and agents."),
  resourceDocumentation: z.url().optional().describe("URL of your API's documentation, for agents."),
  resourceLogoUri: z.url().optional().describe("URL of your logo, for clients that show one."),
  scopes: z
    .record(
      z.string().refine(isScope, "must be a scope without spaces, quotes or backslashes"),
      z.string().trim().min(1).max(200),
    )
    .refine((scopes) => Object.keys(scopes).length > 0, "must name at least one scope")
    .describe("Every scope, with the words people read when they approve it."),
  preClaimScopes: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      "What an anonymous agent may do before a person claims it. Leaving it out switches `anonymous` off.",
    ),
  postClaimScopes: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("What a person can grant. Default: every scope."),
  identityTypes: z
    .array(z.enum(["anonymous", "service_auth", "identity_assertion"]))
    .min(1)
    .optional()
    .describe(
      "Ways to register. Default: `service_auth`, `anonymous` when `preClaimScopes` is given, and `identity_assertion` when `trustedProviders` is given.",
    ),
  trustedProviders: z
    .array(providerSchema)
    .optional()
    .describe(
      "Providers whose ID-JAGs and security events are accepted. May be empty: operators can add more while the service runs.",
    ),
  publishTrustedProviders: z
    .boolean()
    .default(false)
    .describe(
      "Names the issuers of `trustedProviders` in the metadata, for agents that look for a common one.",
    ),
  acceptResourceAudience: z
    .boolean()
    .default(false)
    .describe(
      "Accepts ID-JAGs whose audience is the resource instead of the issuer, as older providers write them.",
    ),
  secrets: z
    .array(z.string().refine((secret) => Buffer.byteLength(secret) >= 32, "must be at least 32 bytes long"))
    .min(1)
    .optional()
    .describe(
      "Server secrets, current one first, older ones after it. Each at least 32 bytes. Everything keyed derives from them. May be left out for a loopback issuer only.",
    ),
  storage: storageSchema,
  durability: z
    .enum(["balanced", "full"])
    .default("balanced")
    .describe(
      "`balanced`: a power cut can cost an agent a new registration, never undo a revocation. `full`: every write is flushed.",
    ),
  accounts: z
    .strictObject({
      currentUser: hook<NonNullable<Accounts["currentUser"]>>("(request) => the signed-in user or null")
        .optional()
        .describe(
          "The person signed in to your site with this request. Leave it out, with `loginUrl`, if you have no browser login: people then prove by a mailed link that they read mail at the address the agent named, which needs `mail` and `findByEmail`.",
        ),
      loginUrl: hook<NonNullable<Accounts["loginUrl"]>>("(returnTo) => where people sign in").optional(),
      findById: hook<Accounts["findById"]>("(id) => the account or null"),
      findByEmail: hook<NonNullable<Accounts["findByEmail"]>>("(email) => the account or null")
        .optional()
        .describe(
          "Finds the account whose owner you have proven to read mail at the address, and only that.",
        ),
      findByPhone: hook<NonNullable<Accounts["findByPhone"]>>("(phone) => the account or null").optional(),
      create: hook<NonNullable<Accounts["create"]>>("(person) => the new account, or null to refuse")
        .optional()
        .describe(
          "Creates an account for a person a provider vouches for, or who proved a mailbox. Leave it out to refuse people without one.",
        ),
    })
    .describe("Hooks into your users and your session."),
  ceremony: z
    .enum(ceremonies)
    .default("both")
    .describe(
      "Which way the code of a claim travels. `code-entry`: the agent shows it, the person types it on our page. `read-back`: our page shows it, the person reads it to the agent; the hardened setting. `both` serves every agent in the field.",
    ),
  mail: mailSchema,
  wrongAccount: z
    .enum(["refuse", "advise"])
    .default("refuse")
    .describe(
      "What happens when the signed-in person is not the one the agent named: refuse the claim, or warn and let them go on.",
    ),
  paths: pathsSchema,
  lifetimes: lifetimesSchema,
  retention: retentionSchema,
  limits: z.union([z.literal(false), limitsSchema]).prefault({}),
  challenge: hook<(request: import("express").Request) => boolean>(
    "(request) => whether a 401 gets our challenge",
  )
    .optional()
    .describe("Limits which 401 responses of your own handlers get our challenge. Default: all."),
  extendMetadata: hook<(document: Record<string, unknown>) => Record<string, unknown>>(
    "(document) => the authorization server metadata to serve",
  )
    .optional()
    .describe("Last word on the authorization server metadata, to merge in members of your own."),
  theme: z
    .strictObject({
      stylesheetUrl: z
        .string()
        .startsWith("/", "must be a path on this origin")
        .optional()
        .describe("A stylesheet of yours, loaded after ours; set the `--aa-…` variables there."),
      templates: z
        .string()
        .optional()
        .describe("A folder; EJS files in it that are named like ours in `views/` take their place."),
    })
    .prefault({})
    .describe("Looks of the pages people see."),
  logger: z
    .custom<Logger>(
      (value) =>
        ["debug", "info", "warn", "error"].every(
          (level) => typeof (value as Record<string, unknown> | null)?.[level] === "function",
        ),
      "must have debug, info, warn and error",
    )
    .optional()
    .describe("Anything with debug, info, warn and error that takes (fields, message); pino fits."),
  requestId: hook<(request: import("express").Request) => string | number | undefined>(
    "(request) => the id your own log has for the request",
  )
    .optional()
    .describe(
      "Names requests in our log lines, in `X-Request-Id` and in `request_id`. Default: the `X-Request-Id` you set on the response before, else a new one. What callers send is used only if this returns it, and only if it is at most 128 letters, digits and `._:/+=-`.",
    ),
  metrics: z
    .strictObject({
      registry: z
        .custom<MetricsRegistry>(
          (value) => typeof (value as MetricsRegistry | null)?.registerMetric === "function",
          "must be a Registry of prom-client",
        )
        .describe("A `Registry` of prom-client; instances may share one, and then share the counts."),
    })
    .optional()
    .describe("Counts for Prometheus. Needs the package prom-client."),
  clock: z
    .custom<Clock>((value) => typeof (value as Clock | null)?.now === "function", "must have now()")
    .optional()
    .describe("For tests: a clock of your own, in integer seconds."),
  random: z
    .custom<Random>(
      (value) => typeof (value as Random | null)?.bytes === "function",
      "must have bytes(length)",
    )
    .optional()
    .describe("For tests: a source of random bytes of your own."),
  backgroundWork: z
    .boolean()
    .default(true)
    .describe(
      "Whether this instance sweeps and flushes on timers. Switch it off where you call `sweep()` yourself.",
    ),
  dangerouslyAllowPrivateNetwork: z
    .boolean()
    .default(false)
    .describe(
      "Lets providers live on private addresses and speak http. Anybody who can add a provider can then make this server fetch from your network.",
    ),
  dangerouslyAllowHttpIssuer: z
    .boolean()
    .default(false)
    .describe("Allows http for an issuer that is not a loopback address. Tokens then travel in the clear."),
});
