/** Owns how the things of this service are shown wherever they appear: a registration, a user, a status, a scope. */
import type { Call } from "./call.js";
import type { AuditEvent, Registration, Status } from "./surface.js";
import type { EmptyBlock, Fact } from "./views/page.js";
import { actorWords } from "./views/texts-audit-en.js";
import { kindWords, messages, statusWords } from "./views/texts-en.js";
import {
  badge,
  code,
  type Inline,
  link,
  moment,
  muted,
  say,
  type Tone,
  unverified,
  value,
  words,
} from "./views/words.js";

/** The same order as the middleware's (PROTOCOL section 8). */
export function statusOf(registration: Registration, now: number): Status {
  if (registration.revokedAt !== null) return "revoked";
  if (registration.suspendedAt !== null) return "suspended";
  if (registration.endsAt !== null && registration.endsAt <= now) return "ended";
  if (registration.claimedAt !== null) return "claimed";
  if (registration.claimExpiresAt <= now) return "expired";
  return registration.currentAttemptId === null ? "unclaimed" : "pending_claim";
}

export function statusBadge(status: Status): Inline {
  const { label, tone } = statusWords[status];
  return badge(tone, label);
}

/** `reg_` and some digits of the id: enough to tell apart, and the whole id where it leads. */
export function shortId(id: string): string {
  return id.length > 16 ? `${id.slice(0, 12)}…` : id;
}

export function registrationLink(call: Call, id: string | null): Inline {
  if (id === null) return muted("—");
  const href = call.link(`/registrations/${encodeURIComponent(id)}`);
  return [{ kind: "link", href, text: shortId(id) }];
}

export function agentName(registration: Registration): Inline {
  return unverified(registration.clientName, "No name given");
}

export function kindOf(registration: Registration): Inline {
  return words(kindWords[registration.kind]);
}

export function userLink(call: Call, userId: string | null): Inline {
  return userId === null ? muted("Nobody") : link(call.link("/registrations", { user: userId }), userId);
}

export function scopeList(scopes: readonly string[]): Inline {
  if (scopes.length === 0) return muted("None");
  return scopes.flatMap((scope, index) => [
    ...(index === 0 ? [] : [{ kind: "words", text: " " } as const]),
    ...code(scope),
  ]);
}

/** The name the trust list has for an issuer, or its address. */
export function providerName(names: ReadonlyMap<string, string>, issuer: string | null): Inline {
  return issuer === null ? muted("None") : value(names.get(issuer) ?? issuer);
}

export async function providerNames({ surface }: Call): Promise<Map<string, string>> {
  const providers = await surface.listProviders();
  return new Map(providers.map(({ provider }) => [provider.issuer, provider.name]));
}

export function actor(event: AuditEvent): Inline {
  const kind = { words: actorWords[event.actor.kind] ?? event.actor.kind };
  // Which agent goes without saying beside its own registration.
  const isItself = event.actor.id === event.registrationId;
  const who = event.actor.id === null || isItself ? say`${kind}` : say`${kind} ${code(event.actor.id)}`;
  return event.ip === null ? who : say`${who}, from ${code(event.ip)}`;
}

/** What an event of the audit log keeps besides: names in words, points in time as such. */
export function detailFacts({ detail }: AuditEvent): Fact[] {
  return Object.entries(detail).flatMap(([name, part]): Fact[] => {
    if (part === null || part === "") return [];
    const label = name
      .replace(/([a-z])([A-Z])/g, "$1 $2")
      .replaceAll("_", " ")
      .toLowerCase();
    if (/At$/.test(name) && typeof part === "number") return [{ label, value: moment(part) }];
    return [{ label, value: value(Array.isArray(part) ? part.join(" ") : String(part)) }];
  });
}

/** An address that shows whose it may be without giving it away. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf("@");
  return at < 1 ? "hidden" : `${address.slice(0, 1)}…${address.slice(at)}`;
}

/** What the redirect that led here has to say. */
export function messageOf(call: Call): { tone: Tone; text: Inline } | null {
  const word = call.tokens.readMessage(call.query.get("message") ?? "");
  const found = word === null ? undefined : messages[word];
  return found === undefined ? null : { tone: found.tone, text: words(found.text) };
}

/** A cursor from the query string; what is no cursor counts as none. */
export function cursorOf(call: Call): string | null {
  const after = call.query.get("after");
  return after === null || after === "" || after.length > 1000 ? null : after;
}

/** For a service no agent has come to yet: how one does. */
export function firstAgent(call: Call): EmptyBlock {
  return {
    kind: "empty",
    heading: "No agent has registered yet",
    paragraphs: [
      say`Agents find their way in from one address: ${code(call.surface.authMdUrl)}.`,
      say`Try it now: paste this into any agent. ${code(`Read ${call.surface.authMdUrl} and register yourself.`)}`,
      words("It appears here the moment it has registered, and you can stop it with one button."),
    ],
    links: [],
  };
}
