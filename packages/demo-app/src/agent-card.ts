/** Owns how a connected agent is put into words on the home page. */
import type { RegistrationSummary } from "@agent-auth/middleware";

export interface AgentCard {
  id: string;
  /** As the agent gave it; null when it gave none. */
  name: string | null;
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

const statuses: Record<RegistrationSummary["status"], string> = {
  claimed: "Connected",
  suspended: "Paused",
  revoked: "Disconnected",
  ended: "Ended",
  expired: "Expired",
  pending_claim: "Waiting for you",
  unclaimed: "Unclaimed",
};

export function toAgentCard(registration: RegistrationSummary, words: Record<string, string>): AgentCard {
  return {
    id: registration.id,
    name: registration.clientName,
    origin: origins[registration.kind],
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
