/**
 * Owns the page for the worst day: revoke everything of a user, of a provider, or of everybody, as one job. What it
 * reaches is shown before it is done.
 */
import { actionOf, type Call, doneReply, formTo, pageReply } from "../call.js";
import { confirmationProblems, longestReason, onceField, onceOf, type Problem } from "../confirmation.js";
import { plainText } from "../registration-filter.js";
import type { Reply } from "../reply.js";
import type { Field } from "../views/page.js";
import { confirmationWords } from "../views/texts-changes-en.js";
import { sections as sectionNames } from "../views/texts-en.js";
import { incidentWords as texts } from "../views/texts-operations-en.js";
import { words } from "../views/words.js";
import { showImpact, shownOf, stepsOf } from "./incident-impact.js";
import { type Reach, reaches, targetOf, wordsForUser } from "./incident-target.js";

const { everything } = texts;

export async function showIncident(call: Call): Promise<Reply> {
  return page(call, null, []);
}

async function page(call: Call, sent: Reach | null, problems: Problem[]): Promise<Reply> {
  const providers = await call.surface.listProviders();
  const options = providers.map(({ provider }) => ({ value: provider.issuer, label: provider.name }));
  const sections = reaches.map((reach) => {
    const { heading, intro, submit } = texts.reaches[reach];
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
      title: sectionNames.incident,
      current: "incident",
      lead: words(texts.lead),
      blocks: [
        {
          kind: "section",
          id: "consequences",
          heading: confirmationWords.consequences,
          blocks: [{ kind: "consequences", items: stepsOf(call) }],
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
        label: wordsForUser(call).label,
        hint: words(wordsForUser(call).hint),
        value: sent("who"),
        isRequired: true,
      },
    ],
    provider: [
      {
        type: "select",
        name: fieldName("provider", "who"),
        label: texts.provider,
        value: sent("who"),
        options: [{ value: "", label: texts.choose }, ...providers],
      },
    ],
    all: [],
  };
  const typed = {
    ...texts.typed,
    all: texts.typed.all(everything),
  };
  return [
    { type: "hidden", name: "reach", value: reach },
    onceField(),
    ...what[reach],
    {
      type: "text",
      name: fieldName(reach, "reason"),
      label: confirmationWords.reason,
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
  const target = await targetOf(call, reach, who);
  const problems = [
    ...("problem" in target ? [target.problem] : []),
    ...confirmationProblems(own, reach === "all" ? everything : who),
  ];
  if ("problem" in target || problems.length > 0) return page(call, reach, problems);
  const reason = text("reason");
  const request = {
    action: "revoke" as const,
    filter: target.filter,
    includeNew: true,
    idempotencyKey: onceOf(call),
    operator: actionOf(call, reason),
  };
  const isShown = call.form.text("shown") === shownOf(target);
  // Somebody who comes back to a form that was carried out is not asked again.
  if (!isShown && (await call.surface.findStartedJob(request)) === null)
    return showImpact(call, target, { who, reason, sent: sentFields(call, reach) });
  // With one issuer and new ones included, its door is shut before anything else happens.
  const job = await call.surface.startJob(request);
  return doneReply(call, `/jobs/${encodeURIComponent(job.id)}`, "job_started");
}

/** What was typed, to be sent once more. */
function sentFields(call: Call, reach: Reach): Field[] {
  const once = onceOf(call);
  const names = ["who", "reason", "typed"].map((name) => fieldName(reach, name));
  return [
    once === undefined ? onceField() : { type: "hidden", name: "once", value: once },
    ...["reach", ...names].map((name): Field => ({ type: "hidden", name, value: call.form.text(name) })),
  ];
}
