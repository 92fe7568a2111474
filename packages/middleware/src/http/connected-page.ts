/** Owns who may see a page of connected agents, and filling it in. */
import { type ConnectedRegistration, listConnected } from "../flows/connected-agents.js";
import { isoTime } from "../protocol/replies.js";
import type { ConnectedPage } from "../views/page.js";
import { managedUser } from "./browser-proof.js";
import { type CsrfSubject, csrfToken } from "./page-security.js";
import type { Call, Services } from "./services.js";

/** Forms of the page work this long. */
const formSeconds = 3600;

/** Whose agents are shown. */
export interface Owner {
  id: string;
  email: string | null;
  name: string | null;
}

/** The person signed in at the host, or whoever opened a manage link in this browser a moment ago. */
export async function ownerOf(services: Services, { request }: Call): Promise<Owner | null> {
  const user = (await services.accounts.currentUser?.(request)) ?? null;
  if (user !== null) return { id: user.id, email: user.email, name: user.name ?? null };
  const managed = managedUser(services, request.headers);
  return managed === null ? null : { id: managed, email: null, name: null };
}

export async function connectedPage(
  services: Services,
  owner: Owner,
  { revoked = null, problem = null }: Partial<Pick<ConnectedPage, "revoked" | "problem">>,
): Promise<ConnectedPage> {
  const { agents, now } = await listConnected(services.context, owner.id);
  return {
    page: "connected",
    account: { email: owner.email, name: owner.name },
    agents: agents.map((agent) => agentOf(services, owner, agent, now)),
    target: new URL(services.context.endpoints.url.connectedPage).pathname,
    revoked,
    problem,
  };
}

function agentOf(
  services: Services,
  owner: Owner,
  { registration, status, providerName, scopes }: ConnectedRegistration,
  now: number,
): ConnectedPage["agents"][number] {
  return {
    registrationId: registration.id,
    clientName: registration.clientName,
    kind: registration.kind,
    providerName,
    status: status === "suspended" ? "suspended" : "active",
    scopes: scopes.map((scope) => ({ scope, description: services.scopeDescriptions[scope] ?? scope })),
    connectedAt: isoTime(registration.claimedAt ?? registration.createdAt),
    lastUsedAt: registration.lastUsedAt === null ? null : isoTime(registration.lastUsedAt),
    csrf: csrfToken(services.csrfKeys[0], revokeSubject(owner.id, registration.id), now + formSeconds),
  };
}

export function revokeSubject(person: string, registrationId: string): CsrfSubject {
  return { action: "revoke_agent", person, about: registrationId };
}
