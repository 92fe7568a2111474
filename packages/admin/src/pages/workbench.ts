/** Owns the workbench: paste an ID-JAG and see which check passes or fails. It is neither used up nor kept. */
import { type Call, formTo, pageReply } from "../call.js";
import type { Problem } from "../confirmation.js";
import type { Reply } from "../reply.js";
import type { WorkbenchResult } from "../surface.js";
import type { Block } from "../views/page.js";
import { badge, code, type Inline, muted, say, value, words } from "../views/words.js";

const longest = 20_000;

export function showWorkbench(call: Call): Reply {
  return page(call, [], []);
}

/** Answered at once instead of with a redirect: the assertion must not reach an address. */
export async function submitWorkbench(call: Call): Promise<Reply> {
  const assertion = call.form.text("assertion");
  if (assertion === "" || assertion.length > longest)
    return page(
      call,
      [{ field: "assertion", text: `Paste an ID-JAG of at most ${longest} characters.` }],
      [],
      422,
    );
  return page(call, [], resultBlocks(await call.surface.tryIdJag(assertion)));
}

function page(call: Call, problems: Problem[], result: Block[], status = 200): Reply {
  const form = formTo(call, "/workbench", {
    shape: "stack",
    problems,
    fields: [
      {
        type: "textarea",
        name: "assertion",
        label: "ID-JAG",
        hint: words(
          "Treat it as a secret. It is not used up, not written anywhere, not logged, and not shown again.",
        ),
        value: "",
        isRequired: true,
        maxLength: longest,
      },
    ],
    submit: { label: "Check it", tone: "primary" },
    cancel: null,
  });
  return pageReply(
    {
      title: "Workbench",
      current: "workbench",
      lead: words(
        "Why is an agent refused? Paste its ID-JAG and see every check, in the order they are made.",
      ),
      blocks: [...result, { kind: "section", id: "paste", heading: "Paste an ID-JAG", blocks: [form] }],
    },
    status,
  );
}

const outcomes = {
  passed: badge("good", "Passed"),
  failed: badge("bad", "Failed"),
  not_reached: badge("neutral", "Not reached"),
};

const verdicts: Record<NonNullable<WorkbenchResult["would"]>, Inline> = {
  sign_in: words("It would be let in at once: this person is linked to a user here."),
  step_up: words(
    "The person would be asked here first: there is an account with this address that is not linked yet.",
  ),
  create_user: words("An account would be created for this person, and the agent let in."),
  refuse_unknown: words("It is good, but would be refused: nobody here has this verified address."),
};

function resultBlocks({ checks, header, payload, would }: WorkbenchResult): Block[] {
  const failed = checks.find(({ outcome }) => outcome === "failed");
  const verdict: Block =
    would !== null
      ? { kind: "notice", tone: would === "refuse_unknown" ? "attention" : "good", text: verdicts[would] }
      : {
          kind: "notice",
          tone: "bad",
          text:
            failed === undefined
              ? words("It would be refused.")
              : say`It would be refused at ${code(failed.name)}: ${failed.refusal?.description ?? "no reason given"}`,
        };
  const decoded = (label: string, part: Record<string, unknown> | null): Block[] =>
    part === null ? [] : [{ kind: "code", label, text: JSON.stringify(part, null, 2) }];
  return [
    verdict,
    {
      kind: "section",
      id: "checks",
      heading: "Checks, in order",
      blocks: [
        {
          kind: "table",
          caption: "Checks",
          columns: [{ label: "Check" }, { label: "Outcome" }, { label: "What the agent is told" }],
          rows: checks.map(({ name, outcome, refusal }) => [
            code(name),
            outcomes[outcome],
            refusal === null ? muted("—") : say`${code(refusal.error)} ${value(refusal.description)}`,
          ]),
        },
      ],
    },
    {
      kind: "section",
      id: "decoded",
      heading: "What it says of itself",
      intro: words("Decoded, and to be believed only if every check passed."),
      blocks: [...decoded("Header", header), ...decoded("Payload", payload)],
    },
  ];
}
