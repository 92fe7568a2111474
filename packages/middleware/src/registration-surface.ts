/** Owns what a host can do with registrations and keys apart from requests: list, watch, stop, end, rotate. */
import type { EventAnnouncer } from "./flows/announce-events.js";
import type { FlowContext } from "./flows/context.js";
import { endRegistration, resumeRegistration, suspendRegistration } from "./flows/end-registration.js";
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
  | "rotateKeys"
>;

export function createRegistrationSurface(parts: {
  context: FlowContext;
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
    rotateKeys: async () => {
      await ready();
      const { kid } = await assertionKeys.rotate({ kind: "operator", id: null });
      return { kid };
    },
  };
}
