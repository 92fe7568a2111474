/** Owns what a job does to many registrations in one commit. */
import type { AdminJobs } from "../../admin-jobs-port.js";
import { aboutAll, aboutEach, aboutLinks } from "../audit-events.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { DelegationSteps } from "./delegation-steps.js";
import { createStandingSteps } from "./standing-steps.js";

/** Builds the verb. */
export function createBulkChanges(
  connection: Connection,
  { writeAudit, delegations }: { writeAudit: WriteAudit; delegations: DelegationSteps },
): Pick<AdminJobs, "changeRegistrations"> {
  const steps = createStandingSteps(connection, delegations);

  return {
    async changeRegistrations({ ids, action, actor, reason, now, registrationEvent, delegationEvent }) {
      return connection.spend(() => {
        if (action !== "revoke") {
          const suspended = action === "suspend";
          const changed = ids.filter((registrationId) =>
            steps.setSuspended({ registrationId, suspended, now }),
          );
          writeAudit(aboutAll(changed, registrationEvent));
          return changed;
        }
        const ended = ids.flatMap((registrationId) => {
          const one = steps.revoke({ registrationId, actor, reason, now });
          return one === null ? [] : [one];
        });
        const cut = ended.flatMap(({ cut: pair, ...of }) => (pair === null ? [] : [{ ...of, ...pair }]));
        writeAudit([...aboutEach(ended, registrationEvent), ...aboutLinks(cut, delegationEvent)]);
        return ended.map(({ id }) => id);
      });
    },
  };
}
