/** Owns how a connected agent is put into words on the home page. */
import type { RegistrationSummary } from "@agent-auth/middleware";

export interface AgentCard {
  id: string;
  /** As the agent gave it, or after the provider that vouches for it. */
  name: string;
  /** Whether the name is the agent's own word. */
  isNamedByItself: boolean;
  origin: string;
  status: string;
  /** Whether it can still do something, now or after being resumed. */
  revocable: boolean;
  scopes: { scope: string; words: string }[];
  connectedAt: string;
  lastUsedAt: string | null;
}

const origins = {
  anonymous: "Started anonymously",
  service_auth: "Asked for you by e-mail address",
  identity_assertion: "Vouched for by its provider",
};

/** The name of a provider on the trust list. */
export interface ProviderName {
  issuer: string;
  name: string;
}

/** Who vouches for an agent; null when nobody does, or nobody who is still trusted. */
function providerOf({ issuer }: RegistrationSummary, providers: readonly ProviderName[]): string | null {
  return providers.find((provider) => provider.issuer === issuer)?.name ?? null;
}

/** What an agent is called that may not have said so itself. */
export function agentName(
  registration: RegistrationSummary,
  providers: readonly ProviderName[],
): string | null {
  const provider = providerOf(registration, providers);
  return registration.clientName ?? (provider === null ? null : `Agent from ${provider}`);
}

const statuses: Record<RegistrationSummary["status"], string> = {
  claimed: "Connected",
  suspended: "Paused",
  revoked: "Disconnected",
  ended: "Ended",
  expired: "Expired",
  pending_claim: "Waiting for you",
  unclaimed: "Unclaimed",
};

export function toAgentCard(
  registration: RegistrationSummary,
  words: Record<string, string>,
  providers: readonly ProviderName[],
): AgentCard {
  const provider = providerOf(registration, providers);
  return {
    id: registration.id,
    name: agentName(registration, providers) ?? "Unnamed agent",
    isNamedByItself: registration.clientName !== null,
    origin: provider === null ? origins[registration.kind] : `Vouched for by ${provider}`,
    status: statuses[registration.status],
    revocable: registration.status === "claimed" || registration.status === "suspended",
    scopes: registration.scopes.map((scope) => ({ scope, words: words[scope] ?? scope })),
    connectedAt: registration.claimedAt ?? registration.createdAt,
    lastUsedAt: registration.lastUsedAt,
  };
}

const dates = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });

/** `21 Nov 2025, 14:03 UTC`. */
export function formatTime(iso: string): string {
  return `${dates.format(new Date(iso))} UTC`;
}
