/** `GET` and `POST /consent`: a person decides whether agents may act for them at one service. */

import type { Reply } from "@agent-auth/web/reply";
import { findServiceName } from "../../flows/describe-service.js";
import { isAudience } from "../../protocol/audience.js";
import { PageRefusal } from "../../protocol/errors.js";
import { accountOf, csrfOf, pagePath, pageReply } from "../page-reply.js";
import type { Services, SignedInCall } from "../services.js";

export async function showConsent(services: Services, call: SignedInCall): Promise<Reply> {
  const audience = audienceOf(services, call.query.get("audience"));
  const { user } = call.visitor;
  const current = services.context.store.findDelegation(user.id, audience);
  return pageReply(services, 200, {
    page: "consent",
    account: accountOf(call),
    target: pagePath(services, "consent"),
    csrf: csrfOf(services, call),
    audience,
    serviceName: await findServiceName(services.context, audience),
    told: { name: user.name, email: user.email, phone: user.phone },
    isAllowedAlready: current?.consent === "always",
    delegationsPath: pagePath(services, "delegations"),
  });
}

const decisions = { always: "allowed_always", once: "allowed_once", deny: "consent_denied" } as const;

export async function submitConsent(services: Services, call: SignedInCall): Promise<Reply> {
  const audience = audienceOf(services, call.form.get("audience")?.[0] ?? null);
  const decision = call.form.get("decision")?.[0] ?? "";
  if (!isDecision(decision)) throw new PageRefusal("bad_request");
  services.context.store.saveDecision({
    userId: call.visitor.user.id,
    audience,
    consent: decision === "deny" ? "denied" : decision,
    now: services.context.clock.now(),
  });
  return pageReply(services, 200, {
    page: "notice",
    notice: decisions[decision],
    account: accountOf(call),
    audience,
    action: pagePath(services, "delegations"),
  });
}

function isDecision(value: string): value is keyof typeof decisions {
  return Object.hasOwn(decisions, value);
}

function audienceOf(services: Services, value: string | null): string {
  if (value === null || !isAudience(value, services.context.audiencePolicy))
    throw new PageRefusal("unknown_service");
  return value;
}
