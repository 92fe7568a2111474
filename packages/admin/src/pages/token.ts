/** Owns revoking one access token of a registration. */
import { actionOf, type Call, doneReply, noticeReply, pageReply } from "../call.js";
import { confirmationProblems, confirmationReply, type Problem } from "../confirmation.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { AccessToken } from "../surface.js";
import type { Block } from "../views/page.js";
import { sections } from "../views/texts-en.js";
import { tokenWords as texts } from "../views/texts-registration-en.js";
import { moment, words } from "../views/words.js";
import { tokenShown } from "./registration-tokens.js";

/** The token, if it is one of this registration's. */
async function find(call: Call): Promise<AccessToken | null> {
  const token = await call.queries.findToken(call.params.hash as AccessToken["hash"]);
  return token !== null && token.registrationId === call.params.id ? token : null;
}

export async function showTokenRevocation(call: Call): Promise<Reply> {
  const token = await find(call);
  return token === null ? noticeReply(call, "unknown") : page(call, token, []);
}

function page(call: Call, token: AccessToken, problems: Problem[]): Reply {
  const home = `/registrations/${encodeURIComponent(token.registrationId)}`;
  const { title, consequences, submit, over } = texts.revocation;
  const trail = [
    { label: sections.registrations, href: call.link("/registrations") },
    { label: shown.shortId(token.registrationId), href: call.link(home) },
  ];
  const { columns } = texts;
  const about: Block[] = [
    {
      kind: "facts",
      facts: [
        { label: columns.token, value: tokenShown(token) },
        { label: columns.scopes, value: shown.scopeList(token.scopes) },
        { label: columns.issued, value: moment(token.createdAt) },
        { label: columns.expires, value: moment(token.expiresAt) },
      ],
    },
  ];
  if (token.revokedAt !== null || token.expiresAt <= call.now)
    return pageReply({
      title,
      current: "registrations",
      trail,
      blocks: [...about, { kind: "notice", tone: "neutral", text: words(over) }],
    });
  return confirmationReply(call, {
    title,
    current: "registrations",
    trail,
    path: `${home}/tokens/${token.hash}`,
    about,
    consequences: consequences.map(words),
    submit,
    cancelHref: call.link(home),
    problems,
  });
}

export async function submitTokenRevocation(call: Call): Promise<Reply> {
  const token = await find(call);
  if (token === null) return noticeReply(call, "unknown");
  const problems = confirmationProblems(call);
  if (problems.length > 0) return page(call, token, problems);
  const isDone = await call.surface.revokeToken(token.hash, actionOf(call, call.form.text("reason")));
  const home = `/registrations/${encodeURIComponent(token.registrationId)}`;
  return doneReply(call, home, isDone ? "token_revoked" : "unchanged");
}
