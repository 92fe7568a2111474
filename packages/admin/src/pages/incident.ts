/** Owns the page for the worst day: revoke everything of a user, of a provider, or of everybody, as one job. */
import { actionOf, type Call, doneReply, formTo, pageReply } from "../call.js";
import { confirmationProblems, longestReason, type Problem } from "../confirmation.js";
import { plainText } from "../registration-filter.js";
import type { Reply } from "../reply.js";
import type { RegistrationFilter } from "../surface.js";
import type { Field } from "../views/page.js";
import { incidentSteps } from "../views/texts-changes-en.js";
import { type Inline, words } from "../views/words.js";

const reaches = ["user", "provider", "all"] as const;
type Reach = (typeof reaches)[number];
const everything = "revoke everything";

const reachWords: Record<Reach, { heading: string; intro: string; submit: string }> = {
  user: {
    heading: "One user’s agents",
    intro: "An account was taken over, or a person asks for it.",
    submit: "Revoke this user’s agents",
  },
  provider: {
    heading: "A provider and all its agents",
    intro:
      "A provider was broken into, or mints what it should not. It is disabled first, so that nothing new comes in.",
    submit: "Disable it and revoke its agents",
  },
  all: {
    heading: "Every agent",
    intro: "You do not know how far it goes. Every agent of this service is stopped; people go on as before.",
    submit: "Revoke every agent",
  },
};

export async function showIncident(call: Call): Promise<Reply> {
  return page(call, null, []);
}

async function page(call: Call, sent: Reach | null, problems: Problem[]): Promise<Reply> {
  const providers = await call.surface.listProviders();
  const options = providers.map(({ provider }) => ({ value: provider.issuer, label: provider.name }));
  const sections = reaches.map((reach) => {
    const { heading, intro, submit } = reachWords[reach];
    const form = formTo(call, "/incident", {
      shape: "stack",
      label: heading,
      problems: sent === reach ? problems.map((problem) => named(reach, problem)) : [],
      fields: fieldsOf(call, reach, sent === reach, options),
      submit: { label: submit, tone: "danger" },
      cancel: null,
    });
    return {
      kind: "section" as const,
      id: `incident-${reach}`,
      heading,
      intro: words(intro),
      blocks: [form],
    };
  });
  return pageReply(
    {
      title: "Incident",
      current: "incident",
      lead: words("Stop agents in bulk, fast, and know afterwards that none was missed."),
      blocks: [
        {
          kind: "section",
          id: "consequences",
          heading: "What happens",
          blocks: [{ kind: "consequences", items: incidentSteps.map((step): Inline => words(step)) }],
        },
        ...sections,
      ],
    },
    problems.length > 0 ? 422 : 200,
  );
}

/** Fields of the three forms share a page, so each has its own name. */
const fieldName = (reach: Reach, name: string): string => `${reach}_${name}`;
const named = (reach: Reach, { field, text }: Problem): Problem => ({
  field: field === null ? null : fieldName(reach, field),
  text,
});

function fieldsOf(
  call: Call,
  reach: Reach,
  isSent: boolean,
  providers: { value: string; label: string }[],
): Field[] {
  const sent = (name: string) => (isSent ? call.form.text(fieldName(reach, name)).slice(0, 400) : "");
  const what: Record<Reach, Field[]> = {
    user: [
      {
        type: "text",
        name: fieldName("user", "who"),
        label: "User id or verified e-mail address",
        value: sent("who"),
        isRequired: true,
      },
    ],
    provider: [
      {
        type: "select",
        name: fieldName("provider", "who"),
        label: "Provider",
        value: sent("who"),
        options: [{ value: "", label: "Choose…" }, ...providers],
      },
    ],
    all: [],
  };
  const typed = {
    user: "Type the same again to confirm",
    provider: "Type the provider’s issuer to confirm",
    all: `Type “${everything}” to confirm`,
  };
  return [
    { type: "hidden", name: "reach", value: reach },
    ...what[reach],
    {
      type: "text",
      name: fieldName(reach, "reason"),
      label: "Reason",
      value: sent("reason"),
      isRequired: true,
      maxLength: longestReason,
    },
    {
      type: "text",
      name: fieldName(reach, "typed"),
      label: typed[reach],
      value: sent("typed"),
      isRequired: true,
    },
  ];
}

export async function submitIncident(call: Call): Promise<Reply> {
  const reach = reaches.find((name) => name === call.form.text("reach"));
  if (reach === undefined) return page(call, null, []);
  const text = (name: string) => call.form.text(fieldName(reach, name));
  // The shared rules look for plain names.
  const own: Call = { ...call, form: Object.assign(Object.create(call.form), { text }) };
  const who = plainText(text("who")) ?? "";
  const found = await filterOf(call, reach, who);
  const problems = [
    ...("problem" in found ? [found.problem] : []),
    ...confirmationProblems(own, reach === "all" ? everything : who),
  ];
  if ("problem" in found || problems.length > 0) return page(call, reach, problems);
  const operator = actionOf(call, text("reason"));
  // With one issuer and new ones included, its door is shut before anything else happens.
  const job = await call.surface.startJob({
    action: "revoke",
    filter: found.filter,
    includeNew: true,
    operator,
  });
  return doneReply(call, `/jobs/${encodeURIComponent(job.id)}`, "job_started");
}

async function filterOf(
  { surface }: Call,
  reach: Reach,
  who: string,
): Promise<{ filter: RegistrationFilter } | { problem: Problem }> {
  if (reach === "all") return { filter: {} };
  if (reach === "provider") {
    const provider = await surface.findProvider(who);
    return provider === null
      ? { problem: { field: "who", text: "Choose a provider." } }
      : { filter: { issuer: who } };
  }
  if (who === "") return { problem: { field: "who", text: "Say whose agents." } };
  if (!who.includes("@")) return { filter: { userId: who } };
  const userId = await surface.findUserByEmail(who);
  return userId === null
    ? { problem: { field: "who", text: "No user of this service has verified that address." } }
    : { filter: { userId } };
}
