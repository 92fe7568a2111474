/**
 * Owns trusting a new provider in two steps: look at its keys first, then decide on its policy and save it. What is saved
 * is what was looked at: anything else is looked at anew.
 */
import { actionOf, type Call, doneReply, formTo, pageReply } from "../call.js";
import { confirmationProblems, type Problem, reasonField } from "../confirmation.js";
import type { Reply } from "../reply.js";
import type { Block, Fact, PageContent } from "../views/page.js";
import { frame } from "../views/texts-en.js";
import {
  changeTexts,
  policyLabels,
  providerPage,
  providersPage,
  addPage as texts,
} from "../views/texts-providers-en.js";
import { code, muted, say, words } from "../views/words.js";
import {
  addressField,
  blankDraft,
  draftProblems,
  foundProblems,
  givenBy,
  hasPolicy,
  policyFields,
  sentDraft,
} from "./provider-form.js";
import { keys, switchedOff } from "./providers.js";

const longestAddress = 2000;

/** Of whom the form is. */
const addressOf = ({ form }: Call) => ({ issuer: form.text("issuer"), jwksUri: form.text("jwks_uri") });

/** Names all of it, so that a look at one is none at another. */
const placeOf = (call: Call): string => JSON.stringify(Object.values(addressOf(call)));

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

function firstStep(call: Call, problems: Problem[], { issuer, jwksUri } = addressOf(call)): Block {
  const form = formTo(call, "/providers/inspect", {
    shape: "stack",
    problems,
    fields: [
      {
        type: "text",
        name: "issuer",
        label: policyLabels.issuer as string,
        hint: words(texts.issuerHint),
        value: issuer.slice(0, longestAddress),
        isRequired: true,
      },
      addressField({ jwksUri }),
    ],
    submit: { label: texts.fetch, tone: "primary" },
    cancel: { label: frame.cancel, href: call.link("/providers") },
  });
  return { kind: "section", id: "step", heading: texts.first, blocks: [form] };
}

export function showAddProvider(call: Call): Reply {
  const given = { issuer: call.query.get("issuer") ?? "", jwksUri: call.query.get("jwks_uri") ?? "" };
  return page([...switchedOff(call), firstStep(call, [], given)], call);
}

/** Fetches the keys and shows them, with the second step below. Nothing is written. */
export async function submitInspection(call: Call): Promise<Reply> {
  const { issuer, jwksUri } = addressOf(call);
  if (!URL.canParse(issuer))
    return page([firstStep(call, [{ field: "issuer", text: texts.noAddress }])], call, 422);
  const found = await call.surface.inspectProvider(issuer, jwksUri || null);
  if (found.problem !== null) {
    const failure: Block = { kind: "notice", tone: "bad", text: texts.unreachable(found.problem) };
    return page([failure, firstStep(call, [])], call, 422);
  }
  const how = jwksUri === "" ? texts.discovered : texts.given;
  const keysAt = { label: changeTexts.keysAt, value: say`${code(found.jwksUri)} ${muted(how)}` };
  return page([looked(call, keysAt, keys(found.keys)), secondStep(call, [])], call);
}

/** Who the second step is about, with the keys where they were just fetched, and the way back from it. */
function looked(call: Call, keysAt: Fact, fetched: Block | null): Block {
  const { issuer, jwksUri } = addressOf(call);
  const query = { issuer: issuer.slice(0, longestAddress), jwks_uri: jwksUri.slice(0, longestAddress) };
  return {
    kind: "section",
    id: "found",
    heading: changeTexts.found,
    ...(fetched === null ? {} : { intro: words(changeTexts.looked) }),
    blocks: [
      { kind: "facts", facts: [{ label: policyLabels.issuer as string, value: code(issuer) }, keysAt] },
      ...(fetched === null ? [] : [fetched]),
    ],
    links: [{ label: texts.another, href: call.link("/providers/add", query), tone: "quiet" }],
  };
}

function secondStep(call: Call, problems: Problem[]): Block {
  const { issuer, jwksUri } = addressOf(call);
  const draft = hasPolicy(call.form) || problems.length > 0 ? sentDraft(call) : blankDraft(call);
  const form = formTo(call, "/providers/add", {
    shape: "stack",
    // What is wrong with who it is has no field here.
    problems: problems.map(({ field, text }) => ({
      field: field === "issuer" || field === "jwks_uri" ? null : field,
      text,
    })),
    fields: [
      { type: "hidden", name: "issuer", value: issuer },
      { type: "hidden", name: "jwks_uri", value: jwksUri },
      { type: "hidden", name: "looked_at", value: placeOf(call) },
      ...policyFields(call, draft),
      reasonField(call),
    ],
    submit: { label: texts.trust, tone: "primary" },
    cancel: { label: frame.cancel, href: call.link("/providers") },
  });
  return { kind: "section", id: "step", heading: texts.second, blocks: [form] };
}

/** The second step again, with what is wrong. */
function refused(call: Call, problems: Problem[]): Reply {
  const { jwksUri } = addressOf(call);
  const place = jwksUri === "" ? muted(providerPage.policy.discovered) : code(jwksUri);
  const keysAt = { label: changeTexts.keysAt, value: place };
  return page([looked(call, keysAt, null), secondStep(call, problems)], call, 422);
}

export async function submitAddProvider(call: Call): Promise<Reply> {
  if (call.form.text("looked_at") !== placeOf(call)) return submitInspection(call);
  const draft = sentDraft(call);
  const problems = [...draftProblems(draft), ...confirmationProblems(call)];
  if (problems.length > 0) return refused(call, problems);
  const given = givenBy(call, addressOf(call).issuer, draft);
  const saved = await call.surface.saveProvider(given, actionOf(call, call.form.text("reason")));
  if ("problems" in saved) return refused(call, foundProblems(saved.problems));
  return doneReply(call, "/providers/view", "provider_added", { issuer: given.issuer });
}
