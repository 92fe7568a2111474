/** Owns the page of one registration: who it is, what it may do, its tokens and attempts, and all that happened. */
import { type Call, may, noticeReply, pageReply } from "../call.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { AccessToken, ClaimAttempt, Registration, Status } from "../surface.js";
import type { Block, Fact, LinkButton } from "../views/page.js";
import { statusWords } from "../views/texts-en.js";
import { badge, code, type Inline, moment, muted, say, value, words } from "../views/words.js";
import { changesFor } from "./registration-change.js";
import { timelineBlocks } from "./registration-timeline.js";

const eventsShown = 50;

export async function showRegistration(call: Call): Promise<Reply> {
  const id = call.params.id as string;
  const standing = await call.surface.findRegistration(id);
  if (standing === null) return noticeReply(call, "unknown_registration");
  const { registration, status } = standing;
  const [tokens, attempts, events, names] = await Promise.all([
    call.queries.listTokens(id),
    call.queries.listAttempts(id),
    call.queries.pageAudit({ registrationId: id }, { after: shown.cursorOf(call), limit: eventsShown }),
    shown.providerNames(call),
  ]);
  return pageReply({
    title: registration.clientName === null ? "Agent without a name" : titleOf(registration),
    current: "registrations",
    trail: [{ label: "Registrations", href: call.link("/registrations") }],
    lead: say`${shown.statusBadge(status)} ${{ words: statusWords[status].means }}`,
    actions: actionsOf(call, registration, status),
    message: shown.messageOf(call),
    blocks: [
      {
        kind: "columns",
        main: [
          section("identity", "Identity", [{ kind: "facts", facts: identity(call, registration) }]),
          section("tokens", "Access tokens", tokensBlocks(call, registration, tokens)),
          section("attempts", "Claim attempts", attemptsBlocks(call, attempts)),
        ],
        aside: [
          section("person", "Person and provider", [
            { kind: "facts", facts: personAndProvider(call, registration, names) },
          ]),
          section("scopes", "Scopes granted", scopesBlocks(call, registration)),
          section("timeline", "Timeline", timelineBlocks(call, id, events)),
        ],
      },
    ],
  });
}

/** The name is the agent's own text, so it is marked as such. */
function titleOf(registration: Registration): string {
  const name = shown.agentName(registration)[0];
  return name?.kind === "unverified" ? `“${name.text}”` : "Agent without a name";
}

function section(id: string, heading: string, blocks: Block[]): Block {
  return { kind: "section", id, heading, blocks };
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

function identity(call: Call, registration: Registration): Fact[] {
  const { revokedAt, revokedBy, revokedReason, suspendedAt, endsAt, claimedAt } = registration;
  const facts: Fact[] = [
    { label: "Id", value: code(registration.id) },
    { label: "Kind", value: shown.kindOf(registration) },
    { label: "Name it gave itself", value: shown.agentName(registration) },
    { label: "Created", value: moment(registration.createdAt) },
    { label: "Registered from", value: ipLink(call, registration.createdIp) },
    { label: "Software", value: value(registration.userAgent, "Not told") },
    { label: "Last used", value: moment(registration.lastUsedAt, "Never") },
    {
      label: "Claimed",
      value:
        claimedAt === null
          ? say`No; possible until ${moment(registration.claimExpiresAt)}`
          : moment(claimedAt),
    },
    { label: "Ends", value: moment(endsAt, "No end date") },
  ];
  if (suspendedAt !== null) facts.push({ label: "Suspended", value: moment(suspendedAt) });
  if (revokedAt !== null)
    facts.push({
      label: "Revoked",
      value: say`${moment(revokedAt)} by ${revokedBy ?? "system"}: ${revokedReason ?? "no reason given"}`,
    });
  return facts;
}

function ipLink(call: Call, ip: string | null): Inline {
  return ip === null
    ? muted("Unknown")
    : [{ kind: "link", href: call.link("/registrations", { ip }), text: ip }];
}

function personAndProvider(call: Call, registration: Registration, names: Map<string, string>): Fact[] {
  const { issuer, subject, userId } = registration;
  const facts: Fact[] = [{ label: "Acts on behalf of", value: shown.userLink(call, userId) }];
  if (issuer === null)
    return [...facts, { label: "Provider", value: muted("None: it registered by itself") }];
  return [
    ...facts,
    {
      label: "Provider",
      value: [
        {
          kind: "link",
          href: call.link("/providers/view", { issuer }),
          text: names.get(issuer) ?? issuer,
        },
      ],
    },
    { label: "Person there", value: code(subject) },
  ];
}

function scopesBlocks(call: Call, { scopes }: Registration): Block[] {
  if (scopes.length === 0) return [{ kind: "text", paragraphs: [muted("None.")] }];
  const facts = scopes.map((scope) => ({
    kind: "facts" as const,
    facts: [{ label: call.surface.scopes[scope] ?? "No longer offered", value: code(scope) }],
  }));
  return facts;
}

function tokensBlocks(call: Call, registration: Registration, tokens: AccessToken[]): Block[] {
  if (tokens.length === 0)
    return [
      {
        kind: "text",
        paragraphs: [muted("It was never given one, or they were cleaned up after they expired.")],
      },
    ];
  return [
    {
      kind: "table",
      caption: "Access tokens, newest first",
      columns: [
        { label: "Token" },
        { label: "State" },
        { label: "Scopes" },
        { label: "Issued" },
        { label: "Expires" },
        ...(may(call, "operator") ? [{ label: "Action", isHidden: true }] : []),
      ],
      rows: tokens.map((token) => {
        const prefix = token.hash.slice(0, 8);
        const isGood =
          token.revokedAt === null &&
          token.expiresAt > call.now &&
          token.generation === registration.generation;
        const state = isGood
          ? badge("good", "Active")
          : token.revokedAt !== null
            ? badge("bad", "Revoked")
            : token.expiresAt <= call.now
              ? badge("neutral", "Expired")
              : badge("bad", "Worthless");
        const href = call.link(`/registrations/${encodeURIComponent(registration.id)}/tokens/${token.hash}`);
        const button: Inline = isGood
          ? [{ kind: "button", href, text: "Revoke", label: `Revoke token ${prefix}`, tone: "danger" }]
          : [];
        return [
          code(`${prefix}…`),
          state,
          shown.scopeList(token.scopes),
          moment(token.createdAt),
          moment(token.expiresAt),
          ...(may(call, "operator") ? [button] : []),
        ];
      }),
    },
    { kind: "text", paragraphs: [muted("Tokens are known by a hash; these are its first characters.")] },
  ];
}

function attemptsBlocks(call: Call, attempts: ClaimAttempt[]): Block[] {
  if (attempts.length === 0) return [{ kind: "text", paragraphs: [muted("No person was ever asked.")] }];
  return [
    {
      kind: "table",
      caption: "Claim attempts, newest first",
      columns: [
        { label: "Asked" },
        { label: "Outcome" },
        { label: "Address it named" },
        { label: "From" },
        { label: "Wrong codes", isNumeric: true },
      ],
      rows: attempts.map((attempt) => [
        moment(attempt.createdAt),
        outcome(call, attempt),
        value(may(call, "operator") ? attempt.loginHint : shown.maskedAddress(attempt.loginHint)),
        code(attempt.createdIp),
        words(String(attempt.wrongGuesses)),
      ]),
    },
  ];
}

function outcome(call: Call, attempt: ClaimAttempt): Inline {
  if (attempt.deniedAt !== null) return badge("bad", "Denied");
  if (attempt.confirmedAt !== null) return badge("good", "Authorised");
  if (attempt.replacedAt !== null) return badge("neutral", "Replaced");
  if (attempt.expiresAt <= call.now) return badge("neutral", "Expired");
  return attempt.viewedAt === null ? badge("accent", "Waiting") : badge("accent", "Being looked at");
}
