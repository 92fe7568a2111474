/** Owns the translation between rows and records of delegations, of the links attempts carry, and of providers. */
import type { Delegation } from "../protocol/delegation.js";
import type { AttemptLink, EpochSeconds } from "../protocol/model.js";
import type { TrustedProvider } from "../protocol/provider.js";
import { scopesFromText, scopesToText } from "./scope-text.js";
import type { claimAttempts, delegations, providers } from "./sqlite/schema.js";

/** A row of `delegations`. */
export type DelegationRow = typeof delegations.$inferSelect;
/** A row of `providers`. */
export type ProviderRow = typeof providers.$inferSelect;
/** The columns of an attempt that hold its link. */
export type LinkRow = Pick<
  typeof claimAttempts.$inferSelect,
  "link_issuer" | "link_subject" | "link_user_id" | "link_version" | "link_issued_at" | "link_scopes"
>;

/** The link of an attempt: whole or null, as the table demands. */
export function linkFromRow(row: LinkRow): AttemptLink | null {
  const { link_issuer: issuer, link_subject: subject, link_user_id: userId } = row;
  const { link_version: version, link_issued_at: issuedAt } = row;
  if (issuer === null || subject === null || userId === null || version === null || issuedAt === null)
    return null;
  const scopes = row.link_scopes === null ? null : scopesFromText(row.link_scopes);
  return { issuer, subject, userId, version, issuedAt, scopes };
}

/** The delegation a row stores. Its reservation is nobody's business but the store's. */
export function delegationFromRow(row: DelegationRow): Delegation {
  return {
    issuer: row.issuer,
    subject: row.subject,
    userId: row.user_id,
    version: row.version,
    revokedAt: row.revoked_at,
    scopeCeiling: row.scope_ceiling === null ? null : scopesFromText(row.scope_ceiling),
    createdAt: row.created_at,
    linkedAt: row.linked_at,
  };
}

/** The row that stores a provider at `now`. Where it comes from is not stored: what is in the table is the operators'. */
export function providerToRow(record: TrustedProvider, now: EpochSeconds): ProviderRow {
  const { allowedEmailDomains: domains, scopes } = record;
  return {
    issuer: record.issuer,
    name: record.name,
    jwks_uri: record.jwksUri,
    client_ids: JSON.stringify(record.clientIds),
    algorithms: JSON.stringify(record.algorithms),
    allowed_email_domains: domains === null ? null : JSON.stringify(domains),
    required_amr: JSON.stringify(record.requiredAmr),
    jit: record.jit ? 1 : 0,
    scopes: scopes === null ? null : scopesToText(scopes),
    max_auth_age_seconds: record.maxAuthAgeSeconds,
    disabled_at: record.disabledAt,
    created_at: now,
    changed_at: now,
  };
}

/** The provider a row stores. */
export function providerFromRow(row: ProviderRow): TrustedProvider {
  return {
    issuer: row.issuer,
    name: row.name,
    jwksUri: row.jwks_uri,
    clientIds: JSON.parse(row.client_ids) as string[],
    algorithms: JSON.parse(row.algorithms) as TrustedProvider["algorithms"],
    allowedEmailDomains:
      row.allowed_email_domains === null ? null : (JSON.parse(row.allowed_email_domains) as string[]),
    requiredAmr: JSON.parse(row.required_amr) as string[],
    jit: row.jit === 1,
    scopes: row.scopes === null ? null : scopesFromText(row.scopes),
    maxAuthAgeSeconds: row.max_auth_age_seconds,
    source: "database",
    disabledAt: row.disabled_at,
  };
}
