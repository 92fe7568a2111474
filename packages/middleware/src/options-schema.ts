/** Owns the schema of the options: types, units, defaults, bounds and the sentences in `docs/options.md`. */
import { z } from "zod";
import type { Accounts, Clock, Logger, Random, Store } from "./ports.js";
import { isLoopback, parseIssuer, parseResource } from "./protocol/issuer.js";
import { isScope } from "./protocol/scopes.js";

const hook = <Type>(what: string) =>
  z.custom<Type>((value) => typeof value === "function", { error: `must be a function (${what})` });

const seconds = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);

const path = z
  .string()
  .regex(
    /^(\/[A-Za-z0-9._~-]+)+$/,
    "must be an absolute path such as /agent/identity, without a trailing slash",
  );

const pathsSchema = z
  .strictObject({
    authMd: path.default("/auth.md"),
    jwks: path.default("/.well-known/jwks.json"),
    identity: path.default("/agent/identity"),
    claim: path.default("/agent/identity/claim"),
    token: path.default("/oauth2/token"),
    revoke: path.default("/oauth2/revoke"),
    claimPage: path.default("/agent/claim"),
  })
  .prefault({})
  .refine(
    (paths) => new Set(Object.values(paths)).size === Object.keys(paths).length,
    "must not use a path twice",
  )
  .describe("Moves endpoints. Paths are relative to `baseUrl`.");

const lifetimesSchema = z
  .strictObject({
    accessTokenSeconds: seconds(1, 86_400).default(3600).describe("How long an access token works."),
    assertionSeconds: seconds(1, 86_400)
      .default(3600)
      .describe("How long an identity assertion can be exchanged."),
    claimWindowSeconds: seconds(1, 30 * 86_400)
      .default(86_400)
      .describe("How long an unclaimed registration lives, and how long it can be claimed."),
    attemptSeconds: seconds(1, 600).default(600).describe("How long one claim attempt and its code live."),
  })
  .prefault({})
  .describe("Lifetimes in seconds.");

const limit = (perHour: number) => seconds(1, 1_000_000_000).default(perHour);
const limitsSchema = z
  .strictObject({
    anonymousPerIpPerHour: limit(5),
    anonymousPerHour: limit(100),
    serviceAuthPerIpPerHour: limit(20),
    serviceAuthPerHour: limit(500),
    claimPerIpPerHour: limit(20),
    claimPagePerIpPerHour: limit(60),
    tokenPerRegistrationPerHour: limit(600),
  })
  .prefault({})
  .describe(
    "Requests per hour, each in a fixed window. `false` switches this section off; guess budgets and attempts per claim stay.",
  );

export const optionsSchema = z
  .strictObject({
    issuer: z
      .string()
      .describe(
        "The issuer URL, as clients see it: https, no trailing slash, no query. http is for loopback hosts only.",
      ),
    baseUrl: z
      .string()
      .optional()
      .describe(
        "Where this middleware is reachable, if it is mounted somewhere else than at the issuer URL.",
      ),
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
      .array(z.enum(["anonymous", "service_auth"]))
      .min(1)
      .optional()
      .describe("Ways to register. Default: `service_auth`, and `anonymous` when `preClaimScopes` is given."),
    secrets: z
      .array(z.string().refine((secret) => Buffer.byteLength(secret) >= 32, "must be at least 32 bytes long"))
      .min(1)
      .optional()
      .describe(
        "Server secrets, current one first, older ones after it. Each at least 32 bytes. Everything keyed derives from them. May be left out for a loopback issuer only.",
      ),
    storage: z
      .union([
        z.string().startsWith("sqlite:", "must look like sqlite:./agent-auth.db or sqlite::memory:"),
        z.custom<Store>(
          (value) => typeof (value as Store | null)?.createRegistration === "function",
          "must be a sqlite: URL or a Store",
        ),
      ])
      .describe("`sqlite:./agent-auth.db`, `sqlite::memory:`, or a Store of your own."),
    durability: z
      .enum(["balanced", "full"])
      .default("balanced")
      .describe(
        "`balanced`: a power cut can cost an agent a new registration, never undo a revocation. `full`: every write is flushed.",
      ),
    accounts: z
      .strictObject({
        currentUser: hook<Accounts["currentUser"]>("(request) => the signed-in user or null"),
        loginUrl: hook<Accounts["loginUrl"]>("(returnTo) => where people sign in"),
        findById: hook<Accounts["findById"]>("(id) => the account or null"),
      })
      .describe("Hooks into your users and your session."),
    wrongAccount: z
      .enum(["refuse", "advise"])
      .default("refuse")
      .describe(
        "What happens when the signed-in person is not the one the agent named: refuse the claim, or warn and let them go on.",
      ),
    paths: pathsSchema,
    lifetimes: lifetimesSchema,
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
    dangerouslyAllowHttpIssuer: z
      .boolean()
      .default(false)
      .describe("Allows http for an issuer that is not a loopback address. Tokens then travel in the clear."),
  })
  .superRefine((options, context) => {
    const problem = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    const allowHttp = options.dangerouslyAllowHttpIssuer;

    const issuer = parseIssuer(options.issuer, allowHttp);
    if ("problem" in issuer) problem(["issuer"], issuer.problem);
    const base = parseIssuer(options.baseUrl ?? options.issuer, allowHttp);
    if (options.baseUrl !== undefined && "problem" in base) problem(["baseUrl"], base.problem);
    const resource = parseResource(options.resource ?? options.issuer, allowHttp);
    if (options.resource !== undefined && "problem" in resource) problem(["resource"], resource.problem);
    if ("url" in issuer && "url" in base && issuer.url.origin !== base.url.origin)
      problem(["baseUrl"], "must have the same origin as issuer");

    if (options.secrets === undefined && !("url" in issuer && isLoopback(issuer.url)))
      problem(["secrets"], "is required unless the issuer is a loopback address");

    for (const name of ["preClaimScopes", "postClaimScopes"] as const) {
      options[name]?.forEach((scope, index) => {
        if (!Object.hasOwn(options.scopes, scope)) problem([name, index], `is not one of scopes`);
      });
    }
    if (options.identityTypes?.includes("anonymous") && options.preClaimScopes === undefined)
      problem(["preClaimScopes"], "is required when identityTypes has anonymous");
  });
