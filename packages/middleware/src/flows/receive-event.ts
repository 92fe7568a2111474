/** Acts on a Security Event Token of a trusted provider (RFC 8417, RFC 8935, PROTOCOL section 7). */
import { readCompactJws, type UnverifiedJws } from "../protocol/compact-jws.js";
import { Refusal } from "../protocol/errors.js";
import { clockSkewSeconds } from "../protocol/id-jag.js";
import type { AuditEvent, Caller, EpochSeconds } from "../protocol/model.js";
import type { TrustedProvider } from "../protocol/provider.js";
import {
  checkEventClaims,
  checkEventForm,
  longestEventAgeSeconds,
  type VerifiedSecurityEvent,
} from "../protocol/security-event.js";
import { counted } from "./count-outcome.js";
import type { IdentityContext } from "./identity-context.js";
import { revokedNoticeToEach } from "./queue-mail.js";
import { findTrustedProvider } from "./trust.js";

/** Anybody can cause these in a provider's name, so they must not fill its log. */
const forgeable: ReadonlySet<string> = new Set(["event_authentication_failed", "event_invalid_key"]);

interface EventInput {
  token: string;
  caller: Caller;
  onTrusted: () => Promise<void>;
  onVerified: (issuer: string) => Promise<void>;
}

/**
 * Refuses with the `event_…` errors. A token that was seen before, or has no effect here, is accepted all the same.
 * `onTrusted` is called before a
 * signature of a trusted issuer is checked, `onVerified` after it was good; both may refuse as well. A disabled provider can still
 * take back what it vouched for.
 */
export async function receiveEvent(context: IdentityContext, input: EventInput): Promise<void> {
  const now = context.clock.now();
  await counted(context, { what: "event", now }, (onTrusted) => receive(context, input, now, onTrusted));
}

async function receive(
  context: IdentityContext,
  input: EventInput,
  now: EpochSeconds,
  onTrusted: (issuer: string) => void,
): Promise<void> {
  const { store } = context;
  const { header, payload } = checkEventForm(readCompactJws(input.token.trim()));
  const provider = await findTrustedProvider(context, payload.iss);
  if (provider === null) throw new Refusal("event_invalid_issuer");
  // What is refused by a limit is not counted: the limit is there to keep us from work.
  await input.onTrusted();
  const event = await verifyEvent(context, provider, { header, payload }, input.token.trim(), now).catch(
    async (error: unknown) => {
      if (error instanceof Refusal && !forgeable.has(error.reason))
        await noteRejection(context, provider, error, input.caller, now);
      // What is audited is counted by that, an event that was accepted included.
      else onTrusted(provider.issuer);
      throw error;
    },
  );
  await input.onVerified(provider.issuer);

  const detail: AuditEvent["detail"] = {
    iss: event.issuer,
    sub: event.effect?.subject ?? null,
    types: event.effect?.types ?? [],
  };
  const row = (type: AuditEvent["type"], reason?: string): AuditEvent => ({
    type,
    at: now,
    actor: { kind: "provider", id: provider.issuer },
    ip: input.caller.ip,
    registrationId: null,
    detail: reason === undefined ? detail : { ...detail, reason },
  });
  const reason = event.effect?.kind === "end_sessions" ? "provider_session_revoked" : "provider_revoked";
  const applied = await store.applySecurityEvent({
    issuer: event.issuer,
    subject: event.effect?.subject ?? null,
    kind: event.effect?.kind ?? null,
    jti: event.jti,
    issuedAt: event.issuedAt,
    // A redelivery is recognised as long as the token is young enough to be acted on.
    rememberUntil: event.issuedAt + longestEventAgeSeconds + 2 * clockSkewSeconds,
    actor: { kind: "provider", id: provider.issuer },
    reason,
    now,
    audit: [row("event.received")],
    registrationEvent:
      event.effect?.kind === "revoke"
        ? { ...row("registration.revoked", reason), ...revokedNoticeToEach(context) }
        : null,
    delegationEvent: event.effect?.kind === "revoke" ? row("delegation.deleted", reason) : null,
  });
  if (!applied.first) return;
  if (event.effect?.kind === "revoke") context.metrics.ended("revoked", applied.registrations);
  // A link may have been cut that no registration carried.
  context.announcer.committed();
  if (applied.registrations > 0) context.outbox.committed();
}

async function verifyEvent(
  context: IdentityContext,
  provider: TrustedProvider,
  { header, payload }: UnverifiedJws,
  token: string,
  now: EpochSeconds,
): Promise<VerifiedSecurityEvent> {
  const algorithm = provider.algorithms.find((allowed) => allowed === header.alg);
  if (algorithm === undefined) throw new Refusal("event_authentication_failed");
  const finding = await context.providers.verifySignature(provider, token, algorithm);
  if (finding === "unknown_key") throw new Refusal("event_invalid_key");
  if (finding === "bad") throw new Refusal("event_authentication_failed");
  return checkEventClaims(payload, { issuer: provider.issuer, audience: context.settings.issuer, now });
}

/** Only for issuers on the trust list: strangers must not be able to fill the audit log. */
async function noteRejection(
  { store }: IdentityContext,
  provider: TrustedProvider,
  refusal: Refusal,
  caller: Caller,
  now: EpochSeconds,
): Promise<void> {
  await store.appendAudit([
    {
      type: "event.rejected",
      at: now,
      actor: { kind: "provider", id: provider.issuer },
      ip: caller.ip,
      registrationId: null,
      detail: { iss: provider.issuer, error: refusal.row.error, check: refusal.message },
    },
  ]);
}
