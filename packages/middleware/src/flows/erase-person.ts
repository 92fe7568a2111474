/** Takes a person out of the database: what they ask for when they leave, and what a law may ask of the host. */
import { parseLoginHint } from "../protocol/login-hint.js";
import type { Actor } from "../protocol/model.js";
import type { FlowContext } from "./context.js";
import { endRegistration } from "./end-registration.js";

/** Registrations deleted in one step. */
const batch = 200;

/**
 * Ends the person's agents, so that handlers of `registration.revoked` hear of each, then deletes what is known of the
 * person. Resolves to how many agents could still act. Asking again does no harm: it goes on where a crash stopped it.
 */
export async function erasePerson(
  context: FlowContext,
  input: { userId: string; addresses: readonly string[]; actor: Actor; reason: string },
): Promise<{ ended: number }> {
  const { store, clock } = context;
  const { userId, actor, reason } = input;
  let ended = 0;
  for (let limit = batch; ; limit *= 4) {
    const registrations = await store.findRegistrationsByUser(userId, limit);
    for (const { id, revokedAt } of registrations)
      if (revokedAt === null) {
        const end = { registrationId: id, actor, reason, as: "revoked", isSilent: true } as const;
        if (await endRegistration(context, end)) ended += 1;
      }
    if (registrations.length < limit) break;
  }
  const erasure = {
    userId,
    // As hints and recipients are kept.
    addresses: [
      ...new Set(input.addresses.map((address) => parseLoginHint(address) ?? address.trim().toLowerCase())),
    ],
    limit: batch,
    // Who was erased is not told: that would keep what was to go.
    audit: [
      {
        type: "person.erased" as const,
        at: clock.now(),
        actor: actor.kind === "user" ? { ...actor, id: null } : actor,
        ip: null,
        registrationId: null,
        detail: { reason, ended },
      },
    ],
  };
  while (!(await store.erasePerson(erasure)));
  return { ended };
}
