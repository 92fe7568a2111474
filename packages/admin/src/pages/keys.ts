/** Owns the list of keys this service signs with, and making the next one. */
import { actionOf, type Call, doneReply, may, pageReply } from "../call.js";
import { confirmationProblems, confirmationReply, type Problem } from "../confirmation.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import { sections } from "../views/texts-en.js";
import { keyWords as texts } from "../views/texts-operations-en.js";
import { badge, code, moment, words } from "../views/words.js";

export async function showKeys(call: Call): Promise<Reply> {
  const keys = await call.surface.listKeys();
  const { columns, states } = texts;
  return pageReply({
    title: sections.keys,
    current: "keys",
    lead: words(texts.lead),
    actions: may(call, "admin")
      ? [{ label: texts.rotate, href: call.link("/keys/rotate"), tone: "primary" }]
      : [],
    message: shown.messageOf(call),
    blocks: [
      {
        kind: "table",
        caption: sections.keys,
        columns: [
          { label: columns.kid },
          { label: columns.state },
          { label: columns.algorithm },
          { label: columns.created },
          { label: columns.signsFrom },
          { label: columns.retired },
        ],
        rows: keys.map((key) => [
          code(key.kid),
          key.retiredAt !== null && key.retiredAt <= call.now
            ? badge("neutral", states.retired)
            : key.signsFrom > call.now
              ? badge("accent", states.published)
              : badge("good", states.signing),
          code(key.algorithm),
          moment(key.createdAt),
          moment(key.signsFrom),
          moment(key.retiredAt, texts.inUse),
        ]),
      },
    ],
  });
}

export function showRotate(call: Call): Reply {
  return page(call, []);
}

function page(call: Call, problems: Problem[]): Reply {
  return confirmationReply(call, {
    title: texts.rotation.title,
    current: "keys",
    trail: [{ label: sections.keys, href: call.link("/keys") }],
    path: "/keys/rotate",
    about: [],
    consequences: texts.rotation.consequences.map(words),
    submit: texts.rotation.submit,
    tone: "primary",
    cancelHref: call.link("/keys"),
    problems,
  });
}

export async function submitRotate(call: Call): Promise<Reply> {
  const problems = confirmationProblems(call);
  if (problems.length > 0) return page(call, problems);
  await call.surface.rotateKeys(actionOf(call, call.form.text("reason")));
  return doneReply(call, "/keys", "key_rotated");
}
