/** Owns the page between an incident that was typed right and its job: whom it reaches, how many, and what else happens. */
import { type Reach as Amount, amountOf, reachOf } from "../bulk-reach.js";
import { type Call, formTo, pageReply } from "../call.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { Block, Fact, Field } from "../views/page.js";
import { confirmationWords, incidentSteps, revocationMail } from "../views/texts-changes-en.js";
import { frame, sections } from "../views/texts-en.js";
import { impactWords as texts } from "../views/texts-operations-en.js";
import { code, type Inline, link, value, words } from "../views/words.js";
import { sample } from "./bulk-sample.js";
import type { Target } from "./incident-target.js";

/** What of an incident was shown; a look at one is none at another. */
export const shownOf = ({ filter }: Target): string => JSON.stringify(filter);

/** What comes of an incident in any case, sentence by sentence. */
export function stepsOf({ surface }: Call): Inline[] {
  const [revoked, ...others] = incidentSteps;
  return [revoked, ...(surface.hasMail ? [revocationMail.many] : []), ...others].map(words);
}

/** `sent` is what was typed, to be sent again by the button of this page. */
export async function showImpact(
  call: Call,
  target: Target,
  { who, reason, sent }: { who: string; reason: string; sent: Field[] },
): Promise<Reply> {
  const amount = await reachOf(call, "revoke", target.filter);
  const isNothing = amount.count === 0 && amount.bound === "exact";
  const found: Block = isNothing
    ? { kind: "notice", tone: "attention", text: nothing(target) }
    : sample(call, amount);
  const form = formTo(call, "/incident", {
    shape: "stack",
    problems: [],
    fields: [...sent, { type: "hidden", name: "shown", value: shownOf(target) }],
    submit: { label: submit(target, isNothing ? null : amountOf(amount)), tone: "danger" },
    cancel: { label: frame.cancel, href: call.link("/incident") },
  });
  return pageReply({
    title: isNothing ? texts.nothingTitle : texts.title(amountOf(amount)),
    current: "incident",
    trail: [{ label: sections.incident, href: call.link("/incident") }],
    blocks: [
      {
        kind: "facts",
        facts: [
          ...whom(call, target, who),
          { label: texts.facts.registrations, value: countLink(call, target, amount) },
          { label: texts.facts.reason, value: value(reason) },
        ],
      },
      found,
      {
        kind: "section",
        id: "consequences",
        heading: confirmationWords.consequences,
        blocks: [{ kind: "consequences", items: [...doorOf(target), ...stepsOf(call)] }],
      },
      { kind: "section", id: "confirm", heading: confirmationWords.confirm, blocks: [form] },
    ],
  });
}

function whom(call: Call, target: Target, who: string): Fact[] {
  const { facts } = texts;
  switch (target.reach) {
    case "user":
      return [
        { label: facts.user, value: shown.userLink(call, target.userId) },
        ...(who === target.userId ? [] : [{ label: facts.typed, value: value(who) }]),
      ];
    case "provider":
      return [
        { label: facts.provider, value: value(target.provider.name) },
        { label: facts.issuer, value: code(target.provider.issuer) },
      ];
    case "all":
      return [{ label: facts.all, value: words(texts.everyAgent) }];
  }
}

function countLink(call: Call, { filter }: Target, amount: Amount): Inline {
  const { userId, issuer } = filter;
  return link(call.link("/registrations", { user: userId, issuer }), amountOf(amount));
}

function nothing(target: Target): Inline {
  const { user, provider, all } = texts.nothing;
  if (target.reach === "user") return user(code(target.userId));
  return target.reach === "provider" ? provider(value(target.provider.name)) : all;
}

const isDisabling = (target: Target): boolean =>
  target.reach === "provider" && target.provider.disabledAt === null;

/** What becomes of the provider's door. */
function doorOf(target: Target): Inline[] {
  if (target.reach !== "provider") return [];
  return [words(isDisabling(target) ? texts.disabledFirst : texts.disabledAlready)];
}

function submit(target: Target, amount: string | null): string {
  const { revoke, disable, revokeAll, disableAll } = texts.submit;
  if (amount === null) return isDisabling(target) ? disableAll : revokeAll;
  return isDisabling(target) ? disable(amount) : revoke(amount);
}
