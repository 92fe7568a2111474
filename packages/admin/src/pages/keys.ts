/** Owns the list of keys this service signs with, and making the next one. */
import { actionOf, type Call, doneReply, may, pageReply } from "../call.js";
import { confirmationProblems, confirmationReply, type Problem } from "../confirmation.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import { badge, code, moment, words } from "../views/words.js";

export async function showKeys(call: Call): Promise<Reply> {
  const keys = await call.surface.listKeys();
  return pageReply({
    title: "Signing keys",
    current: "keys",
    lead: words(
      "What this service signs assertions with. A new key is published before it signs; an old one verifies until all it signed has expired.",
    ),
    actions: may(call, "admin")
      ? [{ label: "Rotate…", href: call.link("/keys/rotate"), tone: "primary" }]
      : [],
    message: shown.messageOf(call),
    blocks: [
      {
        kind: "table",
        caption: "Signing keys",
        columns: [
          { label: "Key id" },
          { label: "State" },
          { label: "Algorithm" },
          { label: "Created" },
          { label: "Signs from" },
          { label: "Retired" },
        ],
        rows: keys.map((key) => [
          code(key.kid),
          key.retiredAt !== null && key.retiredAt <= call.now
            ? badge("neutral", "Verifies only")
            : key.signsFrom > call.now
              ? badge("accent", "Published")
              : badge("good", "Signs"),
          code(key.algorithm),
          moment(key.createdAt),
          moment(key.signsFrom),
          moment(key.retiredAt, "In use"),
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
    title: "Rotate the signing key",
    current: "keys",
    trail: [{ label: "Signing keys", href: call.link("/keys") }],
    path: "/keys/rotate",
    about: [],
    consequences: [
      words("A new key is published at once, and signs as soon as everybody had time to fetch it."),
      words("The present one goes on verifying what it signed, so no agent notices."),
      words("If a key has leaked, rotating does not undo what was signed with it: revoke, under Incident."),
    ],
    submit: "Rotate now",
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
