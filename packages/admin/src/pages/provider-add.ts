/** Owns trusting a new provider in two steps: look at its keys first, then decide on its policy and save it. */
import { actionOf, type Call, doneReply, formTo, pageReply } from "../call.js";
import { confirmationProblems, type Problem, reasonField } from "../confirmation.js";
import type { Reply } from "../reply.js";
import type { Block, Field, PageContent } from "../views/page.js";
import { frame } from "../views/texts-en.js";
import { changeTexts, policyLabels, providersPage, addPage as texts } from "../views/texts-providers-en.js";
import { words } from "../views/words.js";
import {
  addressField,
  blankDraft,
  type Draft,
  draftProblems,
  foundProblems,
  givenBy,
  hasPolicy,
  policyFields,
  sentDraft,
} from "./provider-form.js";
import { keys, switchedOff } from "./providers.js";

const longestIssuer = 2000;

function page(blocks: Block[], call: Call, status = 200): Reply {
  const content: PageContent = {
    title: texts.title,
    current: "providers",
    trail: [{ label: providersPage.title, href: call.link("/providers") }],
    lead: words(texts.lead),
    blocks,
  };
  return pageReply(content, status);
}

const addressFields = (call: Call, draft: Draft): Field[] => [
  {
    type: "text",
    name: "issuer",
    label: policyLabels.issuer as string,
    hint: words(texts.issuerHint),
    value: call.form.text("issuer").slice(0, longestIssuer),
    isRequired: true,
  },
  addressField(draft),
];

function firstStep(call: Call, problems: Problem[]): Block {
  const form = formTo(call, "/providers/inspect", {
    shape: "stack",
    problems,
    fields: addressFields(call, sentDraft(call)),
    submit: { label: texts.fetch, tone: "primary" },
    cancel: { label: frame.cancel, href: call.link("/providers") },
  });
  return { kind: "section", id: "step", heading: texts.first, blocks: [form] };
}

export function showAddProvider(call: Call): Reply {
  return page([...switchedOff(call), firstStep(call, [])], call);
}

/** Fetches and shows; nothing is written. */
export async function submitInspection(call: Call): Promise<Reply> {
  const issuer = call.form.text("issuer");
  if (!URL.canParse(issuer))
    return page([firstStep(call, [{ field: "issuer", text: texts.noAddress }])], call, 422);
  const jwksUri = call.form.text("jwks_uri") || null;
  const found = await call.surface.inspectProvider(issuer, jwksUri);
  if (found.problem !== null) {
    const failure: Block = { kind: "notice", tone: "bad", text: texts.unreachable(found.problem) };
    return page([failure, firstStep(call, [])], call, 422);
  }
  const facts: Block = {
    kind: "facts",
    facts: [
      { label: policyLabels.issuer as string, value: [{ kind: "code", text: issuer }] },
      { label: changeTexts.keysAt, value: [{ kind: "code", text: found.jwksUri ?? issuer }] },
    ],
  };
  const seen: Block = {
    kind: "section",
    id: "found",
    heading: changeTexts.found,
    blocks: [facts, keys(found.keys)],
  };
  return page([seen, secondStep(call, [])], call);
}

function secondStep(call: Call, problems: Problem[]): Block {
  const sent = sentDraft(call);
  const draft =
    hasPolicy(call.form) || problems.length > 0 ? sent : { ...blankDraft(call), jwksUri: sent.jwksUri };
  const form = formTo(call, "/providers/add", {
    shape: "stack",
    problems,
    fields: [...addressFields(call, draft), ...policyFields(call, draft), reasonField(call)],
    submit: { label: texts.trust, tone: "primary" },
    cancel: { label: frame.cancel, href: call.link("/providers") },
  });
  return { kind: "section", id: "step", heading: texts.second, blocks: [form] };
}

export async function submitAddProvider(call: Call): Promise<Reply> {
  const draft = sentDraft(call);
  const problems = [...draftProblems(draft), ...confirmationProblems(call)];
  if (problems.length > 0) return page([secondStep(call, problems)], call, 422);
  const given = givenBy(call, call.form.text("issuer"), draft);
  const saved = await call.surface.saveProvider(given, actionOf(call, call.form.text("reason")));
  if ("problems" in saved) return page([secondStep(call, foundProblems(saved.problems))], call, 422);
  return doneReply(call, "/providers/view", "provider_added", { issuer: given.issuer });
}
