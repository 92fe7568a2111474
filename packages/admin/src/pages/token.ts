/** Owns revoking one access token of a registration. */
import { actionOf, type Call, doneReply, noticeReply } from "../call.js";
import { confirmationProblems, confirmationReply, type Problem } from "../confirmation.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { AccessToken } from "../surface.js";
import { code, moment, words } from "../views/words.js";

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
  return confirmationReply(call, {
    title: "Revoke one access token",
    current: "registrations",
    trail: [
      { label: "Registrations", href: call.link("/registrations") },
      { label: shown.shortId(token.registrationId), href: call.link(home) },
    ],
    path: `${home}/tokens/${token.hash}`,
    about: [
      {
        kind: "facts",
        facts: [
          { label: "Token", value: code(`${token.hash.slice(0, 8)}…`) },
          { label: "Scopes", value: shown.scopeList(token.scopes) },
          { label: "Issued", value: moment(token.createdAt) },
          { label: "Expires", value: moment(token.expiresAt) },
        ],
      },
    ],
    consequences: [
      words("The very next request with this token is refused."),
      words("The agent itself goes on: it can get another token. To stop the agent, suspend or revoke it."),
    ],
    submit: "Revoke this token",
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
