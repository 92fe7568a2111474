/** Owns the claim attempts of one registration: who was asked, from where, and what came of it. */
import { type Call, may } from "../call.js";
import * as shown from "../shown.js";
import type { ClaimAttempt } from "../surface.js";
import type { Block } from "../views/page.js";
import { attemptWords as texts } from "../views/texts-registration-en.js";
import { badge, code, type Inline, moment, muted, value, words } from "../views/words.js";

/** What the queries list at most. */
const mostListed = 50;

export function attemptsBlocks(call: Call, attempts: ClaimAttempt[]): Block[] {
  if (attempts.length === 0) return [{ kind: "text", paragraphs: [muted(texts.none)] }];
  const { columns } = texts;
  return [
    {
      kind: "table",
      caption: texts.caption,
      columns: [
        { label: columns.asked },
        { label: columns.outcome },
        { label: columns.address },
        { label: columns.from },
        { label: columns.wrongCodes, isNumeric: true },
      ],
      rows: attempts.map((attempt) => [
        moment(attempt.createdAt),
        outcome(call, attempt),
        value(may(call, "operator") ? attempt.loginHint : shown.maskedAddress(attempt.loginHint)),
        code(attempt.createdIp),
        words(String(attempt.wrongGuesses)),
      ]),
    },
    ...(attempts.length < mostListed
      ? []
      : [{ kind: "text" as const, paragraphs: [muted(texts.mostShown(mostListed))] }]),
  ];
}

function outcome(call: Call, attempt: ClaimAttempt): Inline {
  const { outcomes } = texts;
  if (attempt.deniedAt !== null) return badge("bad", outcomes.denied);
  if (attempt.confirmedAt !== null) return badge("good", outcomes.authorised);
  if (attempt.replacedAt !== null) return badge("neutral", outcomes.replaced);
  if (attempt.expiresAt <= call.now) return badge("neutral", outcomes.expired);
  return badge("accent", attempt.viewedAt === null ? outcomes.waiting : outcomes.viewed);
}
