/** Owns how the things of this service are shown wherever they appear: a registration, a user, a status, a scope. */
import type { Call } from "./call.js";
import { keptFilter } from "./filter-told.js";
import type { AuditEvent, Registration, Status } from "./surface.js";
import type { EmptyBlock, Fact } from "./views/page.js";
import { actorWords, auditPage, codeWords, detailNames, endDateRemoved } from "./views/texts-audit-en.js";
import { kindWords, messages, statusWords, shownWords as texts } from "./views/texts-en.js";
import { registrationWords } from "./views/texts-registration-en.js";
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

/** `reg_` and the end of the id, which tells apart what was made at the same time; the whole id is where it leads. */
export function shortId(id: string): string {
  return id.length > 16 ? `${id.slice(0, id.indexOf("_") + 1)}…${id.slice(-8)}` : id;
}

export function registrationLink(call: Call, id: string | null): Inline {
  if (id === null) return muted("—");
  const href = call.link(`/registrations/${encodeURIComponent(id)}`);
  return [{ kind: "link", href, text: shortId(id) }];
}

export function agentName(registration: Registration): Inline {
  return unverified(registration.clientName, texts.noName);
}

export function kindOf(registration: Registration): Inline {
  return words(kindWords[registration.kind]);
}

export function userLink(call: Call, userId: string | null): Inline {
  return userId === null ? muted(texts.nobody) : link(call.link("/registrations", { user: userId }), userId);
}

export function scopeList(scopes: readonly string[]): Inline {
  if (scopes.length === 0) return muted(texts.none);
  return scopes.flatMap((scope, index) => [
    ...(index === 0 ? [] : [{ kind: "words", text: " " } as const]),
    ...code(scope),
  ]);
}

/** The name the trust list has for an issuer, or its address. */
export function providerName(names: ReadonlyMap<string, string>, issuer: string | null): Inline {
  return issuer === null ? muted(texts.none) : value(names.get(issuer) ?? issuer);
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
  return event.ip === null ? who : say`${who}${{ words: auditPage.from }}${code(event.ip)}`;
}

/** Why something was done: a code of ours in words, what an operator typed as it is. */
export function reason(by: AuditEvent["actor"]["kind"], text: string | null): Inline {
  const inWords = by === "operator" ? undefined : wordFor(codeWords.reason ?? {}, text ?? "");
  return inWords === undefined ? value(text, registrationWords.noReason) : words(inWords);
}

/** An entry of a table of words; names that every object has are none. */
function wordFor<Entry>(table: Record<string, Entry>, name: string): Entry | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

const detailOrder = Object.keys(detailNames);

/** Where a part is shown, whatever order a database keeps the members of JSON in. */
function placeOf(name: string): number {
  const place = detailOrder.indexOf(name);
  return place === -1 ? detailOrder.length : place;
}

/** What an event of the audit log keeps besides: names and codes of ours in words, points in time as such. */
export function detailFacts({ type, actor: { kind }, detail }: AuditEvent): Fact[] {
  const parts = Object.entries(detail).sort(([one], [other]) => placeOf(one) - placeOf(other));
  return parts.flatMap(([name, part]): Fact[] => {
    const label = wordFor(detailNames, name) ?? name;
    if (name === "endsAt" && part === null && type === "registration.end_date_set")
      return [{ label, value: words(endDateRemoved) }];
    if (name === "filter" && part !== null) return [{ label, value: keptFilter(detail) }];
    if (part === null || part === "" || (Array.isArray(part) && part.length === 0)) return [];
    if (typeof part === "number" && /At$|From$/.test(name)) return [{ label, value: moment(part) }];
    // What operators typed is theirs, even when it looks like a code of ours.
    const isTyped = kind === "operator" && name === "reason";
    const inWords = isTyped ? undefined : wordFor(wordFor(codeWords, name) ?? {}, String(part));
    if (inWords !== undefined) return [{ label, value: words(inWords) }];
    if (!Array.isArray(part)) return [{ label, value: value(String(part)) }];
    const table = wordFor(codeWords, name);
    const list =
      table === undefined ? part.join(" ") : part.map((one) => wordFor(table, one) ?? one).join(", ");
    return [{ label, value: value(list) }];
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

/** For a service no agent has come to yet: how one does. */
export function firstAgent(call: Call): EmptyBlock {
  const { heading, address, tryIt, prompt, appears } = texts.firstAgent;
  const { authMdUrl } = call.surface;
  return {
    kind: "empty",
    heading,
    paragraphs: [address(code(authMdUrl)), tryIt(code(prompt(authMdUrl))), words(appears)],
    links: [],
  };
}
