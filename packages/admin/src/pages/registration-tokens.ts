/** Owns the access tokens of one registration: known by a few characters of their hash, and revoked one by one. */
import { type Call, may } from "../call.js";
import * as shown from "../shown.js";
import type { AccessToken, Standing, Status } from "../surface.js";
import type { Block } from "../views/page.js";
import { tokenWords as texts } from "../views/texts-registration-en.js";
import { badge, code, type Inline, moment, muted } from "../views/words.js";

/** What the queries list at most. */
const mostListed = 100;
/** Statuses in which no token of a registration is taken. */
const stopping: readonly Status[] = ["revoked", "suspended", "ended", "expired"];

/** The first characters of its hash: enough to tell tokens of one registration apart. */
export function prefixOf({ hash }: Pick<AccessToken, "hash">): string {
  return hash.slice(0, 8);
}

/** Whether a token is good by itself, whatever its registration may do. */
export function isGood(token: AccessToken, { registration }: Standing, now: number): boolean {
  return token.revokedAt === null && token.expiresAt > now && token.generation === registration.generation;
}

export function tokensBlocks(call: Call, standing: Standing, tokens: AccessToken[]): Block[] {
  if (tokens.length === 0) return [{ kind: "text", paragraphs: [muted(texts.none)] }];
  const { columns } = texts;
  const canRevoke = may(call, "operator");
  return [
    {
      kind: "table",
      caption: texts.caption,
      columns: [
        { label: columns.token },
        { label: columns.state },
        { label: columns.scopes },
        { label: columns.issued },
        { label: columns.expires },
        ...(canRevoke ? [{ label: columns.action, isHidden: true }] : []),
      ],
      rows: tokens.map((token) => [
        code(`${prefixOf(token)}…`),
        state(token, standing, call.now),
        shown.scopeList(token.scopes),
        moment(token.createdAt),
        moment(token.expiresAt),
        ...(canRevoke ? [isGood(token, standing, call.now) ? button(call, token) : []] : []),
      ]),
    },
    {
      kind: "text",
      paragraphs: [
        muted(texts.notes),
        ...(tokens.length < mostListed ? [] : [muted(texts.mostShown(mostListed))]),
      ],
    },
  ];
}

function state(token: AccessToken, standing: Standing, now: number): Inline {
  const { states } = texts;
  if (token.revokedAt !== null) return badge("bad", states.revoked);
  if (token.expiresAt <= now) return badge("neutral", states.expired);
  if (!isGood(token, standing, now)) return badge("neutral", states.outdated);
  return stopping.includes(standing.status)
    ? badge("attention", states.stopped)
    : badge("good", states.active);
}

function button(call: Call, token: AccessToken): Inline {
  const href = call.link(`/registrations/${encodeURIComponent(token.registrationId)}/tokens/${token.hash}`);
  return [
    { kind: "button", href, text: texts.revoke, label: texts.revokeOne(prefixOf(token)), tone: "danger" },
  ];
}
