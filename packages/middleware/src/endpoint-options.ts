/** Owns the options of the endpoints: where they are, how long things live, how often they may be called. */
import { z } from "zod";

/** A whole number of seconds within bounds. */
export const seconds = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);

const path = z
  .string()
  .regex(
    /^(\/[A-Za-z0-9._~-]+)+$/,
    "must be an absolute path such as /agent/identity, without a trailing slash",
  );

export const pathsSchema = z
  .strictObject({
    authMd: path.default("/auth.md"),
    jwks: path.default("/.well-known/jwks.json"),
    identity: path.default("/agent/identity"),
    claim: path.default("/agent/identity/claim"),
    authorize: path.default("/oauth2/authorize"),
    token: path.default("/oauth2/token"),
    revoke: path.default("/oauth2/revoke"),
    events: path.default("/agent/event/notify"),
    claimPage: path.default("/agent/claim"),
    connectedPage: path.default("/agent/connected"),
  })
  .prefault({})
  .refine((paths) => {
    // Clients complete a claim at this path, so it is taken as well.
    const all = [...Object.values(paths), `${paths.claim}/complete`];
    return new Set(all).size === all.length;
  }, "must not use a path twice")
  .describe("Moves endpoints. Paths are relative to `baseUrl`.");

export const lifetimesSchema = z
  .strictObject({
    accessTokenSeconds: seconds(1, 86_400).default(3600).describe("How long an access token works."),
    assertionSeconds: seconds(1, 86_400)
      .default(3600)
      .describe("How long an identity assertion can be exchanged."),
    claimWindowSeconds: seconds(1, 30 * 86_400)
      .default(86_400)
      .describe("How long an unclaimed registration lives, and how long it can be claimed."),
    attemptSeconds: seconds(1, 600)
      .default(600)
      .describe("How long one claim attempt and each of its codes live."),
    refreshTokenSeconds: seconds(1, 365 * 86_400)
      .default(30 * 86_400)
      .describe("How long a refresh token can be used. Each use gives a new one with as long a life."),
  })
  .prefault({})
  .describe("Lifetimes in seconds.");

const limit = (perHour: number) => seconds(1, 1_000_000_000).default(perHour);
export const limitsSchema = z
  .strictObject({
    anonymousPerIpPerHour: limit(5),
    anonymousPerHour: limit(100),
    serviceAuthPerIpPerHour: limit(20),
    serviceAuthPerHour: limit(500),
    identityAssertionPerIpPerHour: limit(60),
    identityAssertionPerHour: limit(1000),
    eventsPerIpPerHour: limit(1200),
    eventsPerIssuerPerHour: limit(600),
    claimPerIpPerHour: limit(20),
    claimPagePerIpPerHour: limit(60),
    claimCompletePerIpPerHour: limit(60),
    tokenPerRegistrationPerHour: limit(600),
  })
  .prefault({})
  .describe(
    "Requests per hour, each in a fixed window of the machine's clock. `false` switches this section off; guess budgets and attempts per claim stay.",
  );

const days = z.int().min(1).max(36_500).nullable();
export const retentionSchema = z
  .strictObject({
    addressesDays: z
      .int()
      .min(1)
      .max(3650)
      .default(30)
      .describe(
        "E-mail addresses that agents named, and mail that was sent or given up, once their claim is over.",
      ),
    endedRegistrationsDays: days
      .default(null)
      .describe("Registrations that are revoked, expired or past their end date. Their audit events stay."),
    auditDays: days.default(null).describe("Audit events."),
  })
  .prefault({})
  .describe("How many days the sweeper keeps what is over. `null`: for ever.");
