/** Owns what a host can do with registrations and keys apart from requests: list, watch, stop, end, rotate. */
import type { EventAnnouncer } from "./flows/announce-events.js";
import { endRegistration, resumeRegistration, suspendRegistration } from "./flows/end-registration.js";
import { erasePerson } from "./flows/erase-person.js";
import type { IdentityContext } from "./flows/identity-context.js";
import type { AgentAuth, Intervention } from "./handle.js";
import { announcedEvents, summaryOf } from "./registration-summary.js";

/** Registrations of one person that are listed at most. */
const longestList = 200;

type Surface = Pick<
  AgentAuth,
  | "on"
  | "registrationsOf"
  | "findRegistration"
  | "revokeRegistration"
  | "suspendRegistration"
  | "resumeRegistration"
  | "erasePerson"
  | "rotateKeys"
>;

/** The address of an account, where the host's `findById` returns one that has it. */
function emailOf(account: unknown): string[] {
  const has = typeof account === "object" && account !== null && "email" in account;
  return has && typeof account.email === "string" ? [account.email] : [];
}

export function createRegistrationSurface(parts: {
  context: IdentityContext;
  announcer: EventAnnouncer;
  ready: () => Promise<void>;
}): Surface {
  const { context, announcer, ready } = parts;
  const { store, clock, assertionKeys } = context;
  const intervene =
    (run: typeof suspendRegistration) =>
    async (id: string, intervention: Intervention): Promise<boolean> => {
      await ready();
      return run(context, { registrationId: id, ...intervention });
    };
  return {
    on: (event, handler) => announcer.on(event, (stored) => handler(announcedEvents[event](stored) as never)),
    registrationsOf: async (userId) => {
      await ready();
      const registrations = await store.findRegistrationsByUser(userId, longestList);
      return registrations.map((registration) => summaryOf(registration, clock.now()));
    },
    findRegistration: async (id) => {
      await ready();
      const registration = await store.findRegistration(id);
      return registration === null ? null : summaryOf(registration, clock.now());
    },
    revokeRegistration: intervene((flow, input) => endRegistration(flow, { ...input, as: "revoked" })),
    suspendRegistration: intervene(suspendRegistration),
    resumeRegistration: intervene(resumeRegistration),
    erasePerson: async (userId, { actor, reason, addresses = [] }) => {
      await ready();
      const account: unknown = await context.accounts.findById(userId);
      const known = [...addresses, ...emailOf(account)];
      return erasePerson(context, { userId, addresses: known, actor, reason });
    },
    rotateKeys: async () => {
      await ready();
      const { kid } = await assertionKeys.rotate({ kind: "operator", id: null });
      return { kid };
    },
  };
}
