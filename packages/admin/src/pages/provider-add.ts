/** Owns trusting a new provider in two steps: look at its keys first, then decide on its policy and save it. */
import { actionOf, type Call, doneReply, formTo, pageReply } from "../call.js";
import { confirmationProblems, longestReason, type Problem } from "../confirmation.js";
import type { Reply } from "../reply.js";
import type { NewProvider } from "../surface.js";
import type { Block, Field, PageContent } from "../views/page.js";
import { say, words } from "../views/words.js";
import { keys } from "./providers.js";

const algorithms = ["ES256", "RS256", "PS256", "EdDSA"] as const;

const textField = (call: Call, name: string, label: string, hint: string, isRequired = false): Field => ({
  type: "text",
  name,
  label,
  hint: words(hint),
  value: call.form.text(name).slice(0, 2000),
  isRequired,
});

function page(blocks: Block[], call: Call, status = 200): Reply {
  const content: PageContent = {
    title: "Add a trusted provider",
    current: "providers",
    trail: [{ label: "Trusted providers", href: call.link("/providers") }],
    lead: words(
      "Whoever you trust here can bring in agents for any of its people. First, a look at who it is.",
    ),
    blocks,
  };
  return pageReply(content, status);
}

const addressFields = (call: Call): Field[] => [
  textField(
    call,
    "issuer",
    "Issuer",
    "Its address, exactly as its tokens have it, such as https://agents.example.com",
    true,
  ),
  textField(call, "jwks_uri", "Address of its keys", "Leave it empty to have it discovered."),
];

function firstStep(call: Call, problems: Problem[]): Block {
  const form = formTo(call, "/providers/inspect", {
    shape: "stack",
    problems,
    fields: addressFields(call),
    submit: { label: "Fetch its keys", tone: "primary" },
    cancel: { label: "Cancel", href: call.link("/providers") },
  });
  return { kind: "section", id: "step", heading: "1. Who is it?", blocks: [form] };
}

export function showAddProvider(call: Call): Reply {
  return page([firstStep(call, [])], call);
}

/** Fetches and shows; nothing is written. */
export async function submitInspection(call: Call): Promise<Reply> {
  const issuer = call.form.text("issuer");
  if (!URL.canParse(issuer))
    return page(
      [firstStep(call, [{ field: "issuer", text: "Give the issuer’s whole address." }])],
      call,
      422,
    );
  const jwksUri = call.form.text("jwks_uri") || null;
  const found = await call.surface.inspectProvider(issuer, jwksUri);
  if (found.problem !== null) {
    const failure: Block = {
      kind: "notice",
      tone: "bad",
      text: say`Its keys could not be fetched: ${found.problem}`,
    };
    return page([failure, firstStep(call, [])], call, 422);
  }
  const facts: Block = {
    kind: "facts",
    facts: [
      { label: "Issuer", value: [{ kind: "code", text: issuer }] },
      { label: "Keys at", value: [{ kind: "code", text: found.jwksUri ?? issuer }] },
    ],
  };
  const seen: Block = { kind: "section", id: "found", heading: "Found", blocks: [facts, keys(found.keys)] };
  return page([seen, secondStep(call, [])], call);
}

function secondStep(call: Call, problems: Problem[]): Block {
  const chosen = call.form.all("algorithm");
  const scopes = call.form.all("scope");
  const wasSent = call.form.text("name") !== "" || problems.length > 0;
  const form = formTo(call, "/providers/add", {
    shape: "stack",
    problems,
    fields: [
      ...addressFields(call),
      textField(call, "name", "Name", "Shown to people when they are asked. Never taken from a token.", true),
      textField(call, "client_ids", "Client ids", "Accepted besides the issuer itself; apart by spaces."),
      {
        type: "checks",
        name: "algorithm",
        label: "Signing algorithms",
        options: algorithms.map((value) => ({
          value,
          label: value,
          isChecked: !wasSent || chosen.includes(value),
        })),
      },
      textField(
        call,
        "domains",
        "E-mail domains",
        "Only people with addresses there; apart by spaces. Empty: any.",
      ),
      textField(
        call,
        "amr",
        "Authentication methods",
        "All of these are demanded, such as mfa; apart by spaces.",
      ),
      textField(
        call,
        "max_auth_age",
        "Oldest sign-in in seconds",
        "How long ago the person may have signed in there. Empty: an hour.",
      ),
      {
        type: "checks",
        name: "scope",
        label: "Scopes its agents can be granted at most",
        options: Object.entries(call.surface.scopes).map(([value, hint]) => ({
          value,
          label: value,
          hint,
          isChecked: !wasSent || scopes.includes(value),
        })),
      },
      {
        type: "checks",
        name: "jit",
        label: "People without an account",
        options: [{ value: "yes", label: "Create one for them", isChecked: call.form.text("jit") === "yes" }],
      },
      {
        ...(textField(call, "reason", "Reason", "For the audit log, with your name.", true) as object),
        maxLength: longestReason,
      } as Field,
    ],
    submit: { label: "Trust this provider", tone: "primary" },
    cancel: { label: "Cancel", href: call.link("/providers") },
  });
  return { kind: "section", id: "step", heading: "2. What may it do?", blocks: [form] };
}

const wordsIn = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== "");

function providerOf(call: Call): NewProvider {
  const { form } = call;
  const scopes = form.all("scope");
  const domains = wordsIn(form.text("domains"));
  const age = form.text("max_auth_age");
  return {
    issuer: form.text("issuer"),
    name: form.text("name"),
    jwksUri: form.text("jwks_uri") || null,
    clientIds: wordsIn(form.text("client_ids")),
    algorithms: algorithms.filter((name) => form.all("algorithm").includes(name)),
    allowedEmailDomains: domains.length === 0 ? null : domains,
    requiredAmr: wordsIn(form.text("amr")),
    jit: form.text("jit") === "yes",
    // Everything ticked means everything, what is offered later included.
    scopes: Object.keys(call.surface.scopes).every((scope) => scopes.includes(scope)) ? null : scopes,
    maxAuthAgeSeconds: age === "" ? undefined : Number(age),
  };
}

/** Names of the surface's fields as they are called in the form. */
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

export async function submitAddProvider(call: Call): Promise<Reply> {
  const problems = confirmationProblems(call);
  if (call.form.text("name") === "")
    problems.push({ field: "name", text: "Give it a name that people know." });
  if (call.form.all("algorithm").length === 0)
    problems.push({ field: "algorithm", text: "Tick at least one algorithm." });
  const age = call.form.text("max_auth_age");
  if (age !== "" && !/^\d{1,8}$/.test(age))
    problems.push({ field: "max_auth_age", text: "Give whole seconds, or nothing." });
  if (problems.length > 0) return page([secondStep(call, problems)], call, 422);
  const saved = await call.surface.saveProvider(providerOf(call), actionOf(call, call.form.text("reason")));
  if ("problems" in saved) {
    const found = saved.problems.map(({ field, message }) => ({
      field: formNames[field.split(/[.[]/)[0] ?? ""] ?? null,
      text: message,
    }));
    return page([secondStep(call, found)], call, 422);
  }
  return doneReply(call, "/providers/view", "provider_added", { issuer: saved.provider.issuer });
}
