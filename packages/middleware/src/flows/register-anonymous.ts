/** Registers an agent that names nobody: pre-claim scopes at once, and a handle for a claim later. */
import { Refusal } from "../protocol/errors.js";
import type { Caller } from "../protocol/model.js";
import { anonymousBody, type Body } from "../protocol/replies.js";
import { agentEvent } from "./audit-entries.js";
import type { FlowContext } from "./context.js";
import { issueAssertion } from "./issue-assertion.js";
import { newRegistration } from "./new-records.js";

/** Refuses with `anonymous_not_enabled`. */
export async function registerAnonymous(
  context: FlowContext,
  input: { clientName: string | null; caller: Caller },
): Promise<Body> {
  const { settings, store, clock, endpoints } = context;
  if (!settings.identityTypes.includes("anonymous")) throw new Refusal("anonymous_not_enabled");
  const now = clock.now();
  const { registration, claimToken } = newRegistration(context, {
    kind: "anonymous",
    clientName: input.clientName,
    scopes: settings.preClaimScopes,
    caller: input.caller,
    now,
  });
  const issued = await issueAssertion(context, registration, now);
  await store.createRegistration({
    registration,
    attempt: null,
    audit: [
      agentEvent("registration.created", registration.id, input.caller, now, { kind: "anonymous" }),
      agentEvent("assertion.issued", registration.id, input.caller, now),
    ],
  });
  context.metrics.registered("anonymous");
  context.announcer.committed();
  return anonymousBody({
    registration,
    issued,
    claimToken,
    claimUrl: endpoints.url.claim,
    postClaimScopes: settings.postClaimScopes,
  });
}
