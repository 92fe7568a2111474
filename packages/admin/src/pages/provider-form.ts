/** Owns the form of a provider's policy, for a new one and for a change: its fields, what was sent, what is wrong with it. */
import type { Call } from "../call.js";
import type { Problem } from "../confirmation.js";
import type { Form } from "../request-body.js";
import type { NewProvider, Provider } from "../surface.js";
import type { Field } from "../views/page.js";
import { policyLabels, policyForm as texts } from "../views/texts-providers-en.js";
import { words } from "../views/words.js";

const { hints, problems: problemWords } = texts;

const algorithms = ["ES256", "RS256", "PS256", "EdDSA"] as const;
const longestName = 100;
const longestAgeSeconds = 30 * 86_400;
const usualAgeSeconds = 3600;
const longestList = 20_000;

/** A policy as it stands in the form: lists as text, nothing checked. */
export interface Draft {
  name: string;
  jwksUri: string;
  clientIds: string;
  algorithms: readonly string[];
  domains: string;
  amr: string;
  maxAuthAge: string;
  scopes: readonly string[];
  jit: boolean;
}

/** Names of the parts of a policy as they are called in the form. */
const formNames: Record<string, string> = {
  issuer: "issuer",
  name: "name",
  jwksUri: "jwks_uri",
  clientIds: "client_ids",
  algorithms: "algorithm",
  allowedEmailDomains: "domains",
  requiredAmr: "amr",
  jit: "jit",
  scopes: "scope",
  maxAuthAgeSeconds: "max_auth_age",
};

/** For a provider nobody knows yet. */
export function blankDraft(call: Call): Draft {
  const scopes = Object.keys(call.surface.scopes);
  const empty = { name: "", jwksUri: "", clientIds: "", domains: "", amr: "", maxAuthAge: "" };
  return { ...empty, algorithms, scopes, jit: false };
}

/** What holds. */
export function draftOf(call: Call, provider: Provider): Draft {
  return {
    name: provider.name,
    jwksUri: provider.jwksUri ?? "",
    clientIds: provider.clientIds.join("\n"),
    algorithms: provider.algorithms,
    domains: (provider.allowedEmailDomains ?? []).join("\n"),
    amr: provider.requiredAmr.join("\n"),
    maxAuthAge: String(provider.maxAuthAgeSeconds),
    scopes: provider.scopes ?? Object.keys(call.surface.scopes),
    jit: provider.jit,
  };
}

/** What was sent. */
export function sentDraft({ form }: Call): Draft {
  return {
    name: form.text("name"),
    jwksUri: form.text("jwks_uri"),
    clientIds: form.text("client_ids").replaceAll("\r\n", "\n"),
    algorithms: form.all("algorithm"),
    domains: form.text("domains").replaceAll("\r\n", "\n"),
    amr: form.text("amr").replaceAll("\r\n", "\n"),
    maxAuthAge: form.text("max_auth_age"),
    scopes: form.all("scope"),
    jit: form.text("jit") === "yes",
  };
}

/** Whether a policy was sent along, or only an address to look at. */
export const hasPolicy = (form: Form): boolean =>
  form.text("name") !== "" || form.all("algorithm").length > 0;

/** Where its keys are. */
export function addressField(draft: Pick<Draft, "jwksUri">): Field {
  return text("jwks_uri", draft.jwksUri, hints.jwks_uri);
}

/** Every part of a policy but the address of the keys. */
export function policyFields(call: Call, draft: Draft): Field[] {
  const scopes = Object.entries(call.surface.scopes).map(([value, hint]) => ({ value, label: value, hint }));
  return [
    {
      ...text("name", draft.name, hints.name),
      isRequired: true,
      maxLength: longestName,
    },
    lines("client_ids", draft.clientIds, hints.client_ids),
    checks(
      "algorithm",
      algorithms.map((value) => ({ value, label: value })),
      draft.algorithms,
    ),
    lines("domains", draft.domains, hints.domains),
    lines("amr", draft.amr, hints.amr),
    text("max_auth_age", draft.maxAuthAge, hints.max_auth_age),
    checks("scope", scopes, draft.scopes, hints.scope),
    checks("jit", [{ value: "yes", label: texts.create }], draft.jit ? ["yes"] : []),
  ];
}

function checks(
  name: string,
  options: { value: string; label: string; hint?: string }[],
  chosen: readonly string[],
  hint?: string,
): Field {
  const label = policyLabels[name] ?? name;
  const ticked = options.map((option) => ({ ...option, isChecked: chosen.includes(option.value) }));
  return {
    type: "checks",
    name,
    label,
    options: ticked,
    ...(hint === undefined ? {} : { hint: words(hint) }),
  };
}

type TextField = Extract<Field, { type: "text" | "search" | "date" | "number" | "url" }>;

function text(name: string, value: string, hint: string): TextField {
  const label = policyLabels[name] ?? name;
  return { type: "text", name, label, hint: words(hint), value };
}

function lines(name: string, value: string, hint: string): Field {
  const label = policyLabels[name] ?? name;
  return { type: "textarea", name, label, hint: words(hint), value, maxLength: longestList, rows: 3 };
}

const linesIn = (list: string): string[] => {
  const entries = list.split("\n").map((entry) => entry.trim());
  return [...new Set(entries.filter((entry) => entry !== ""))];
};

/** People write them with the @ of an address, and in capitals. */
const domainsIn = (list: string): string[] => {
  const entries = list.split(/[\s,;]+/).map((entry) => entry.replace(/^@/, "").toLowerCase());
  return [...new Set(entries.filter((entry) => entry !== ""))];
};

/** What is wrong with it, as far as that can be said without asking anybody. */
export function draftProblems(draft: Draft): Problem[] {
  const problems: Problem[] = [];
  const add = (field: string, problem: string) => problems.push({ field, text: problem });
  if (draft.name === "") add("name", problemWords.noName);
  else if (draft.name.length > longestName) add("name", problemWords.longName(longestName));
  if (!draft.algorithms.some((name) => algorithms.includes(name as (typeof algorithms)[number])))
    add("algorithm", problemWords.noAlgorithm);
  const bad = domainsIn(draft.domains).find((domain) => !/^[^\s@/:?#.]+(\.[^\s@/:?#.]+)*$/.test(domain));
  if (bad !== undefined) add("domains", problemWords.badDomain(bad.slice(0, 80)));
  const age = draft.maxAuthAge;
  if (age !== "" && !(/^\d{1,8}$/.test(age) && Number(age) >= 1 && Number(age) <= longestAgeSeconds))
    add("max_auth_age", problemWords.badAge(longestAgeSeconds));
  if (draft.scopes.length === 0) add("scope", problemWords.noScope);
  return problems;
}

/** What is to be saved, of a new provider or in the place of `seen`. */
export function givenBy(call: Call, issuer: string, draft: Draft, seen: Provider | null = null): NewProvider {
  const domains = domainsIn(draft.domains);
  const isAll = (scopes: readonly string[]) => scopes.every((scope) => draft.scopes.includes(scope));
  // Everything ticked means everything, what is offered later included, unless it was a list that nobody touched.
  const isUntouched =
    seen?.scopes != null && seen.scopes.length === draft.scopes.length && isAll(seen.scopes);
  const isEverything = isAll(Object.keys(call.surface.scopes)) && !isUntouched;
  return {
    issuer,
    name: draft.name,
    jwksUri: draft.jwksUri || null,
    clientIds: linesIn(draft.clientIds),
    algorithms: algorithms.filter((name) => draft.algorithms.includes(name)),
    allowedEmailDomains: domains.length === 0 ? null : domains,
    requiredAmr: linesIn(draft.amr),
    jit: draft.jit,
    scopes: isEverything ? null : [...draft.scopes],
    maxAuthAgeSeconds: draft.maxAuthAge === "" ? usualAgeSeconds : Number(draft.maxAuthAge),
  };
}

/** Problems of the middleware, at the fields they are about. */
export function foundProblems(problems: readonly { field: string; message: string }[]): Problem[] {
  return problems.map(({ field, message }) => {
    const name = formNames[field.split(/[.[]/)[0] ?? ""] ?? null;
    const label = name === null ? undefined : policyLabels[name];
    return { field: name, text: label === undefined ? message : `${label}: ${message}` };
  });
}
