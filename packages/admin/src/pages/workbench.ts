/** Owns the workbench: paste an ID-JAG and see which check passes or fails. It is neither used up nor kept. */
import { type Call, formTo, pageReply } from "../call.js";
import type { Problem } from "../confirmation.js";
import type { Reply } from "../reply.js";
import type { WorkbenchResult } from "../surface.js";
import type { Block } from "../views/page.js";
import { sections } from "../views/texts-en.js";
import { workbenchWords as texts } from "../views/texts-operations-en.js";
import { badge, code, muted, say, value, words } from "../views/words.js";

const longest = 20_000;

export function showWorkbench(call: Call): Reply {
  return page(call, [], []);
}

/** Answered at once instead of with a redirect: the assertion must not reach an address. */
export async function submitWorkbench(call: Call): Promise<Reply> {
  const assertion = call.form.text("assertion");
  if (assertion === "" || assertion.length > longest)
    return page(call, [{ field: "assertion", text: texts.problem(longest) }], [], 422);
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
        label: texts.label,
        hint: words(texts.hint),
        value: "",
        isRequired: true,
        maxLength: longest,
      },
    ],
    submit: { label: texts.submit, tone: "primary" },
    cancel: null,
  });
  return pageReply(
    {
      title: sections.workbench,
      current: "workbench",
      lead: words(texts.lead),
      blocks: [...result, { kind: "section", id: "paste", heading: texts.paste, blocks: [form] }],
    },
    status,
  );
}

const outcomes = {
  passed: badge("good", texts.outcomes.passed),
  failed: badge("bad", texts.outcomes.failed),
  not_reached: badge("neutral", texts.outcomes.not_reached),
};

function resultBlocks({ checks, header, payload, would }: WorkbenchResult): Block[] {
  const { columns } = texts.checks;
  const failed = checks.find(({ outcome }) => outcome === "failed");
  const verdict: Block =
    would !== null
      ? {
          kind: "notice",
          tone: would === "refuse_unknown" ? "attention" : "good",
          text: words(texts.verdicts[would]),
        }
      : {
          kind: "notice",
          tone: "bad",
          text:
            failed === undefined
              ? words(texts.refused)
              : texts.refusedAt(code(failed.name), value(failed.refusal?.description ?? texts.noReason)),
        };
  const decoded = (label: string, part: Record<string, unknown> | null): Block[] =>
    part === null ? [] : [{ kind: "code", label, text: JSON.stringify(part, null, 2) }];
  return [
    verdict,
    {
      kind: "section",
      id: "checks",
      heading: texts.checks.heading,
      blocks: [
        {
          kind: "table",
          caption: texts.checks.caption,
          columns: [{ label: columns.check }, { label: columns.outcome }, { label: columns.answer }],
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
      heading: texts.decoded.heading,
      intro: words(texts.decoded.intro),
      blocks: [...decoded(texts.decoded.header, header), ...decoded(texts.decoded.payload, payload)],
    },
  ];
}
