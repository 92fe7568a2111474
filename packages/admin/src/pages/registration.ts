/** Owns the page of one registration: who it is, what it may do, its tokens and attempts, and all that happened. */
import { type Call, may, noticeReply, pageReply } from "../call.js";
import { readPage } from "../paging.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { Registration, Standing, Status } from "../surface.js";
import type { Block, Fact, LinkButton } from "../views/page.js";
import { actorWords } from "../views/texts-audit-en.js";
import { sections, statusWords } from "../views/texts-en.js";
import { registrationWords as texts } from "../views/texts-registration-en.js";
import { code, type Inline, moment, momentAgo, muted, say, value, words } from "../views/words.js";
import { attemptsBlocks } from "./registration-attempts.js";
import { changesFor } from "./registration-change.js";
import { scopesSection } from "./registration-scopes.js";
import { timelineBlocks } from "./registration-timeline.js";
import { tokensBlocks } from "./registration-tokens.js";

const eventsShown = 50;

export async function showRegistration(call: Call): Promise<Reply> {
  const id = call.params.id as string;
  const standing = await call.surface.findRegistration(id);
  if (standing === null) return noticeReply(call, "unknown_registration");
  const { registration, status } = standing;
  const [tokens, attempts, uses, events, names] = await Promise.all([
    call.queries.listTokens(id),
    call.queries.listAttempts(id),
    call.queries.listScopeUses(id),
    readPage(call, (turn) => call.queries.pageAudit({ registrationId: id }, { ...turn, limit: eventsShown })),
    shown.providerNames(call),
  ]);
  return pageReply({
    title: titleOf(registration),
    current: "registrations",
    trail: [{ label: sections.registrations, href: call.link("/registrations") }],
    lead: say`${shown.statusBadge(status)} ${{ words: statusWords[status].means }}`,
    actions: actionsOf(call, registration, status),
    message: shown.messageOf(call),
    blocks: [
      {
        kind: "columns",
        main: [
          section("identity", [{ kind: "facts", facts: identity(call, standing) }]),
          section("tokens", tokensBlocks(call, standing, tokens)),
          section("attempts", attemptsBlocks(call, attempts)),
        ],
        aside: [
          section("person", [{ kind: "facts", facts: personAndProvider(call, registration, names) }]),
          scopesSection(call, standing, uses),
          section("timeline", timelineBlocks(call, id, events)),
        ],
      },
    ],
  });
}

/** The name is the agent's own text, so it is marked as such. */
function titleOf(registration: Registration): string {
  const [name] = shown.agentName(registration);
  return name?.kind === "unverified" ? `“${name.text}”` : texts.withoutName;
}

function section(id: keyof typeof texts.sections, blocks: Block[]): Block {
  return { kind: "section", id, heading: texts.sections[id], blocks };
}

function actionsOf(call: Call, registration: Registration, status: Status): LinkButton[] {
  if (!may(call, "operator")) return [];
  const base = `/registrations/${encodeURIComponent(registration.id)}`;
  return changesFor(registration, status).map(({ name, label, isGrave }) => ({
    label,
    href: call.link(`${base}/${name}`),
    tone: isGrave ? "danger" : "quiet",
  }));
}

function identity(call: Call, { registration }: Standing): Fact[] {
  const { revokedAt, revokedBy, revokedReason, suspendedAt, endsAt, lastUsedAt } = registration;
  const { facts } = texts;
  const all: Fact[] = [
    { label: facts.id, value: code(registration.id) },
    { label: facts.kind, value: shown.kindOf(registration) },
    { label: facts.name, value: shown.agentName(registration) },
    { label: facts.created, value: momentAgo(registration.createdAt, call.now) },
    { label: facts.from, value: ipLink(call, registration.createdIp) },
    { label: facts.software, value: value(registration.userAgent, texts.notTold) },
    {
      label: facts.lastUsed,
      value: lastUsedAt === null ? muted(texts.never) : momentAgo(lastUsedAt, call.now),
    },
    { label: facts.claimed, value: claim(call, registration) },
    { label: facts.ends, value: moment(endsAt, texts.noEnd) },
  ];
  if (suspendedAt !== null) all.push({ label: facts.suspended, value: moment(suspendedAt) });
  if (revokedAt !== null) {
    const by = actorWords[revokedBy ?? "system"];
    const reason = shown.reason(revokedBy ?? "system", revokedReason);
    all.push({ label: facts.revoked, value: texts.revokedBy(moment(revokedAt), by, reason) });
  }
  return all;
}

function claim(call: Call, registration: Registration): Inline {
  const { claimedAt, claimEndReason, claimExpiresAt } = registration;
  if (claimedAt !== null) return moment(claimedAt);
  if (claimEndReason !== null)
    return words(claimEndReason === "denied" ? texts.claimRefused : texts.claimLocked);
  const until = moment(claimExpiresAt);
  return claimExpiresAt > call.now ? texts.claimableUntil(until) : texts.claimMissed(until);
}

function ipLink(call: Call, ip: string | null): Inline {
  return ip === null
    ? muted(texts.unknown)
    : [{ kind: "link", href: call.link("/registrations", { ip }), text: ip }];
}

function personAndProvider(call: Call, registration: Registration, names: Map<string, string>): Fact[] {
  const { issuer, subject, userId } = registration;
  const user: Fact = { label: texts.facts.user, value: shown.userLink(call, userId) };
  if (issuer === null) return [user, { label: texts.facts.provider, value: muted(texts.noProvider) }];
  const href = call.link("/providers/view", { issuer });
  return [
    user,
    { label: texts.facts.provider, value: [{ kind: "link", href, text: names.get(issuer) ?? issuer }] },
    { label: texts.facts.subject, value: code(subject) },
  ];
}
