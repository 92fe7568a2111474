/** `GET /delegations` and `POST /delegations/revoke`: what a person delegated where, and taking it back. */

import type { Reply } from "@agent-auth/web/reply";
import { revokeDelegation } from "../../flows/queue-event.js";
import { PageRefusal } from "../../protocol/errors.js";
import { revokedEvent } from "../../protocol/tokens.js";
import { waitAtMost } from "../../system/timers.js";
import { accountOf, csrfOf, pagePath, pageReply, redirectReply } from "../page-reply.js";
import type { Services, SignedInCall } from "../services.js";

const mostEvents = 20;
/** Most services answer within this; then the page already says so. */
const patienceMs = 1500;

export async function showDelegations(services: Services, call: SignedInCall): Promise<Reply> {
  const { store, clock, lifetimes } = services.context;
  const userId = call.visitor.user.id;
  const onceValidAfter = clock.now() - lifetimes.allowOnceSeconds;
  return pageReply(services, 200, {
    page: "delegations",
    account: accountOf(call),
    target: pagePath(services, "revoke"),
    csrf: csrfOf(services, call),
    delegations: store.listDelegations(userId).map((delegation) => ({
      ...delegation,
      isSpent: delegation.consent === "once" && delegation.decidedAt <= onceValidAfter,
    })),
    events: store.listEvents(userId, mostEvents).filter(({ type }) => type === revokedEvent),
  });
}

export async function submitRevoke(services: Services, call: SignedInCall): Promise<Reply> {
  const { context } = services;
  const audience = call.form.get("audience")?.[0];
  const userId = call.visitor.user.id;
  if (audience === undefined || audience === "") throw new PageRefusal("bad_request");
  // Pressed twice, or in two tabs: the first one did it.
  if (context.store.findDelegation(userId, audience) !== null) {
    const jti = revokeDelegation(context, { userId, audience });
    await waitAtMost(patienceMs, services.deliver(jti));
  }
  return redirectReply(services, 303, pagePath(services, "delegations"));
}
