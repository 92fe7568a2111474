/** Owns who may have done what: the audit log names everybody, and only those with a form of ours can have acted. */
import type { AgentAuth } from "@agent-auth/middleware";
import { type Role, roles } from "../../src/options.js";
import { carla } from "./host.js";

type Queries = NonNullable<AgentAuth["admin"]["queries"]>;
type Event = Awaited<ReturnType<Queries["pageAudit"]>>["rows"][number];

/** What operators can do, and who of them. */
const neededFor: Readonly<Record<string, Role>> = {
  "data.exported": "viewer",
  "registration.revoked": "operator",
  "registration.suspended": "operator",
  "registration.resumed": "operator",
  "registration.narrowed": "operator",
  "registration.end_date_set": "operator",
  "token.revoked": "operator",
  "delegation.deleted": "operator",
  "mail.retried": "operator",
  "job.started": "operator",
  "provider.added": "admin",
  "provider.changed": "admin",
  "provider.disabled": "admin",
  "provider.enabled": "admin",
  "key.rotated": "admin",
};
/** What people can do, and nobody else. */
const ofPeople = ["claim.confirmed", "claim.denied", "delegation.created", "registration.revoked"];

/** Every event of these types, newest first. */
async function eventsOf(auth: AgentAuth): Promise<Event[]> {
  const events: Event[] = [];
  for (const type of new Set([...Object.keys(neededFor), ...ofPeople])) {
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<Queries["pageAudit"]>> | undefined = await auth.admin.queries?.pageAudit(
        { type: type as never },
        { after, limit: 100 },
      );
      events.push(...(page?.rows ?? []));
      after = page?.next ?? null;
    } while (after !== null);
  }
  return events;
}

function isAllowed({ type, actor, detail }: Event): boolean {
  if (actor.kind === "operator") {
    const role = /^desk_(\w+)$/.exec(actor.id ?? "")?.[1] as Role;
    const needed = detail.incident === true ? "admin" : neededFor[type];
    return needed !== undefined && roles.indexOf(role) >= roles.indexOf(needed);
  }
  // Whoever has the link of a mail can refuse, and is not known by name.
  if (actor.kind === "user") return actor.id === carla.id || (actor.id === null && type === "claim.denied");
  return !ofPeople.includes(type) && (neededFor[type] !== "admin" || type === "key.rotated");
}

/** Says what was done since it was called by somebody who had no form for it; counts what operators did. */
export async function watchPowers(auth: AgentAuth) {
  const before = new Set((await eventsOf(auth)).map(({ id }) => id));
  return async () => {
    const since = (await eventsOf(auth)).filter(({ id }) => !before.has(id));
    return {
      misused: since
        .filter((event) => !isAllowed(event))
        .map(({ type, actor }) => `${type} by ${actor.kind} ${actor.id}`),
      used: since.filter(({ actor }) => actor.kind === "operator").length,
    };
  };
}
