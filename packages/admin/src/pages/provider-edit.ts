/**
 * Owns changing the policy of a provider that was added here. The form is made from what holds and carries a fingerprint
 * of it: of two operators who edit the same, the second is told and nothing is overwritten.
 */
import { createHash } from "node:crypto";
import { actionOf, type Call, doneReply, formTo, noticeReply, pageReply } from "../call.js";
import { confirmationProblems, type Problem, reasonField } from "../confirmation.js";
import type { Reply } from "../reply.js";
import type { Provider, ProviderView } from "../surface.js";
import type { Block, LinkButton } from "../views/page.js";
import { frame } from "../views/texts-en.js";
import {
  changeSteps,
  policyForm,
  policyLabels,
  providersPage,
  changeTexts as texts,
} from "../views/texts-providers-en.js";
import { code, type Inline, muted, value, words } from "../views/words.js";
import {
  addressField,
  type Draft,
  draftOf,
  draftProblems,
  foundProblems,
  givenBy,
  policyFields,
  sentDraft,
} from "./provider-form.js";
import { keys } from "./providers.js";

/** What the form was made from. Being disabled is no part of it: a change of the policy leaves that alone. */
function fingerprint({ source: _source, disabledAt: _disabledAt, ...policy }: Provider): string {
  return createHash("sha256")
    .update(JSON.stringify(Object.entries(policy).sort()))
    .digest("base64url");
}

export async function showEdit(call: Call): Promise<Reply> {
  const entry = await call.surface.findProvider(call.query.get("issuer") ?? "");
  if (entry === null) return noticeReply(call, "unknown");
  return entry.provider.source === "options" ? configured(call, entry) : page(call, entry, {});
}

function frameOf(call: Call, { provider }: ProviderView) {
  const { issuer, name } = provider;
  return {
    title: texts.title(name),
    current: "providers" as const,
    trail: [
      { label: providersPage.title, href: call.link("/providers") },
      { label: name, href: call.link("/providers/view", { issuer }) },
    ],
  };
}

function configured(call: Call, entry: ProviderView): Reply {
  const href = call.link("/providers/view", { issuer: entry.provider.issuer });
  const back: LinkButton = { label: texts.back, href, tone: "quiet" };
  const blocks: Block[] = [
    { kind: "text", paragraphs: [words(texts.configured)] },
    { kind: "actions", links: [back] },
  ];
  return pageReply({ ...frameOf(call, entry), blocks }, 409);
}

interface Shown {
  /** What stands in the form; without it, what holds. */
  draft?: Draft;
  problems?: Problem[];
  /** Above the form. */
  before?: Block[];
  /** The address of keys that have been looked at. */
  lookedAt?: string;
  status?: number;
}

function page(call: Call, entry: ProviderView, shown: Shown): Reply {
  const { provider } = entry;
  const { draft = draftOf(call, provider), problems = [], before = [], lookedAt } = shown;
  const form = formTo(call, "/providers/edit", {
    shape: "stack",
    problems,
    fields: [
      { type: "hidden", name: "issuer", value: provider.issuer },
      { type: "hidden", name: "seen", value: fingerprint(provider) },
      ...(lookedAt === undefined ? [] : [{ type: "hidden", name: "looked_at", value: lookedAt } as const]),
      addressField(draft),
      ...policyFields(call, draft),
      reasonField(call),
    ],
    submit: { label: lookedAt === undefined ? texts.save : texts.saveWithKeys, tone: "primary" },
    cancel: { label: frame.cancel, href: call.link("/providers/view", { issuer: provider.issuer }) },
  });
  return pageReply(
    {
      ...frameOf(call, entry),
      lead: code(provider.issuer),
      blocks: [
        ...before,
        {
          kind: "section",
          id: "consequences",
          heading: texts.happens,
          blocks: [{ kind: "consequences", items: changeSteps.map((step) => words(step)) }],
        },
        { kind: "section", id: "policy", heading: texts.policy, blocks: [form] },
      ],
    },
    shown.status ?? 200,
  );
}

export async function submitEdit(call: Call): Promise<Reply> {
  const entry = await call.surface.findProvider(call.form.text("issuer"));
  if (entry === null) return noticeReply(call, "unknown");
  const { provider } = entry;
  const { issuer } = provider;
  if (provider.source === "options") return configured(call, entry);
  if (call.form.text("seen") !== fingerprint(provider)) return overtaken(call, entry);
  const draft = sentDraft(call);
  const problems = [...draftProblems(draft), ...confirmationProblems(call)];
  if (problems.length > 0) return page(call, entry, { draft, problems, status: 422 });
  if (draft.jwksUri !== (provider.jwksUri ?? "") && call.form.text("looked_at") !== placeOf(draft))
    return look(call, entry, draft);
  const action = actionOf(call, call.form.text("reason"));
  const saved = await call.surface.saveProvider(givenBy(call, issuer, draft, provider), action, provider);
  if ("problems" in saved)
    return page(call, entry, { draft, problems: foundProblems(saved.problems), status: 422 });
  if ("overtaken" in saved) {
    const now = await call.surface.findProvider(issuer);
    return now === null ? noticeReply(call, "unknown") : overtaken(call, now);
  }
  const word = saved.changed.length === 0 ? "unchanged" : "provider_changed";
  return doneReply(call, "/providers/view", word, { issuer });
}

/** Never empty, so that "discovered" can be looked at too. */
const placeOf = ({ jwksUri }: Draft): string => `at:${jwksUri}`;

/** Fetches the keys from the new place and shows them. Nothing is saved. */
async function look(call: Call, entry: ProviderView, draft: Draft): Promise<Reply> {
  const found = await call.surface.inspectProvider(entry.provider.issuer, draft.jwksUri || null);
  if (found.problem !== null) {
    const problem = { field: "jwks_uri", text: `${texts.unreachable} ${found.problem}` };
    return page(call, entry, { draft, problems: [problem], status: 422 });
  }
  const seen: Block = {
    kind: "section",
    id: "found",
    heading: texts.found,
    intro: words(texts.looked),
    blocks: [
      { kind: "facts", facts: [{ label: texts.keysAt, value: code(found.jwksUri) }] },
      keys(found.keys),
    ],
  };
  return page(call, entry, { draft, before: [seen], lookedAt: placeOf(draft) });
}

/** The form anew, made from what holds now, next to what this operator had sent. */
function overtaken(call: Call, entry: ProviderView): Reply {
  const holds = partsOf(draftOf(call, entry.provider));
  const sent = partsOf(sentDraft(call));
  const rows = Object.keys(holds).flatMap((name): Inline[][] =>
    holds[name] === sent[name]
      ? []
      : [[words(policyLabels[name] ?? name), shownPart(holds[name]), shownPart(sent[name])]],
  );
  const columns = [texts.overtakenColumns.part, texts.overtakenColumns.now, texts.overtakenColumns.sent];
  const differences: Block = {
    kind: "table",
    caption: texts.overtakenCaption,
    columns: columns.map((label) => ({ label })),
    rows,
  };
  const told: Block = {
    kind: "section",
    id: "overtaken",
    heading: texts.overtakenHeading,
    blocks: [
      { kind: "notice", tone: "bad", text: words(texts.overtaken) },
      ...(rows.length === 0 ? [] : [differences]),
    ],
  };
  return page(call, entry, { before: [told], status: 409 });
}

const shownPart = (part: string | undefined): Inline => (part ? value(part) : muted(texts.nothing));

/** By the names of the fields. */
function partsOf(draft: Draft): Record<string, string> {
  const list = (text: string) => text.split(/\s+/).sort().join(" ").trim();
  return {
    name: draft.name,
    jwks_uri: draft.jwksUri,
    client_ids: list(draft.clientIds),
    algorithm: [...draft.algorithms].sort().join(" "),
    domains: list(draft.domains),
    amr: list(draft.amr),
    max_auth_age: draft.maxAuthAge,
    scope: [...draft.scopes].sort().join(" "),
    jit: draft.jit ? policyForm.create : "",
  };
}
