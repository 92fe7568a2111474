/** Owns the access tokens of one registration: known by how they begin and a bit of their hash, and revoked one by one. */
import { type Call, may } from "../call.js";
import * as shown from "../shown.js";
import type { AccessToken, Standing, Status } from "../surface.js";
import type { Block } from "../views/page.js";
import { tokenWords as texts } from "../views/texts-registration-en.js";
import { badge, code, type Inline, moment, muted, say } from "../views/words.js";

/** What the queries list at most. */
const mostListed = 100;
/** Statuses in which no token of a registration is taken. */
const stopping: readonly Status[] = ["revoked", "suspended", "ended", "expired"];

/** What a hash begins with: four bytes of the time its token was issued at. The SHA-256 of the token follows. */
const timeDigits = 8;
/** So many characters of a token hold nothing but that time; the next one begins its secret. */
const timeCharacters = 5;
const hashCharacters = 4;

type Hash = Pick<AccessToken, "hash">;

/** How the token itself begins, and how its SHA-256 does, which tells apart what was issued at the same time. */
function tokenParts({ hash }: Hash): { beginning: string; mark: string } {
  const time = Buffer.from(hash.slice(0, timeDigits), "hex").toString("base64url");
  return {
    beginning: `at_${time.slice(0, timeCharacters)}…`,
    mark: hash.slice(timeDigits, timeDigits + hashCharacters),
  };
}

export function tokenShown(token: Hash): Inline {
  const { beginning, mark } = tokenParts(token);
  return say`${code(beginning)} · ${code(mark)}`;
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
        tokenShown(token),
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
  const label = texts.revokeOne(tokenParts(token));
  return [{ kind: "button", href, text: texts.revoke, label, tone: "danger" }];
}
