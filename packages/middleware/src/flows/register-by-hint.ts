/** Registers an agent that names its user: nothing is granted until that person has claimed it. */
import { Refusal } from "../protocol/errors.js";
import { parseLoginHint } from "../protocol/login-hint.js";
import type { Caller } from "../protocol/model.js";
import { type Body, serviceAuthBody } from "../protocol/replies.js";
import { agentEvent, codeMinted } from "./audit-entries.js";
import type { FlowContext } from "./context.js";
import { newAttempt, newRegistration } from "./new-records.js";
import { claimRequested } from "./queue-mail.js";

/** Refuses with `service_auth_not_enabled` or `invalid_login_hint`. The answer is the same for known and unknown people. */
export async function registerByHint(
  context: FlowContext,
  input: { loginHint: string; clientName: string | null; caller: Caller },
): Promise<Body> {
  const { settings, store, clock, endpoints } = context;
  if (!settings.identityTypes.includes("service_auth")) throw new Refusal("service_auth_not_enabled");
  const loginHint = parseLoginHint(input.loginHint);
  if (loginHint === null) throw new Refusal("invalid_login_hint");
  const { caller } = input;
  const now = clock.now();
  const { registration, claimToken } = newRegistration(context, {
    kind: "service_auth",
    clientName: input.clientName,
    scopes: [],
    caller,
    now,
  });
  const handout = newAttempt(context, { registration, loginHint, caller, now });
  registration.currentAttemptId = handout.attempt.id;
  const { attempt } = handout;
  const registrationId = registration.id;
  const requested = await claimRequested(context, { attempt, registrationId, caller, now });
  await store.createRegistration({
    registration,
    attempt,
    audit: [
      agentEvent("registration.created", registration.id, caller, now, { kind: "service_auth" }),
      ...requested,
      ...codeMinted(attempt, caller, now),
    ],
  });
  context.metrics.registered("service_auth");
  context.metrics.claim("started");
  context.announcer.committed();
  context.outbox.committed();
  return serviceAuthBody({
    registration,
    handout,
    claimToken,
    claimUrl: endpoints.url.claim,
    postClaimScopes: settings.postClaimScopes,
  });
}
