/**
 * Owns the names this package has for the types of `auth.admin`, the only thing it is built on. All are derived from
 * the handle's own type, so that they cannot differ from it.
 */
import type { AgentAuth } from "@agent-auth/middleware";

type Result<Verb extends (...input: never[]) => unknown> = Awaited<ReturnType<Verb>>;
type Found<Verb extends (...input: never[]) => unknown> = NonNullable<Result<Verb>>;

export type AdminSurface = AgentAuth["admin"];
export type AdminQueries = NonNullable<AdminSurface["queries"]>;
export type OperatorAction = Parameters<AdminSurface["revoke"]>[1];

export type Standing = Found<AdminSurface["findRegistration"]>;
export type Registration = Standing["registration"];
export type Status = Standing["status"];
export type Kind = Registration["kind"];
export type RegistrationListing = Parameters<AdminQueries["listRegistrations"]>[0];
export type RegistrationFilter = RegistrationListing["filter"];
export type ClaimAttempt = Result<AdminQueries["listAttempts"]>[number];
export type AccessToken = Result<AdminQueries["listTokens"]>[number];
export type ScopeUse = Result<AdminQueries["listScopeUses"]>[number];
export type AuditFilter = Parameters<AdminQueries["pageAudit"]>[0];
export type AuditEvent = Result<AdminQueries["pageAudit"]>["rows"][number];
export type MailFilter = Parameters<AdminQueries["pageMail"]>[0];
export type QueuedMail = Result<AdminQueries["pageMail"]>["rows"][number];
export type Delegation = Result<AdminQueries["pageDelegations"]>["rows"][number];
export type Overview = Result<AdminQueries["overview"]>;
export type Attention = Result<AdminQueries["attention"]>;
export type SigningKey = Result<AdminSurface["listKeys"]>[number];
export type ProviderCounts = Result<AdminQueries["providerCounts"]>;
export type ProviderView = Result<AdminSurface["listProviders"]>[number];
export type Provider = ProviderView["provider"];
export type NewProvider = Parameters<AdminSurface["saveProvider"]>[0];
export type ProviderInspection = Result<AdminSurface["inspectProvider"]>;
export type WorkbenchResult = Result<AdminSurface["tryIdJag"]>;
export type DataExport = Parameters<AdminSurface["recordExport"]>[0];
export type Job = Found<AdminSurface["findJob"]>;
export type JobAction = Job["action"];
