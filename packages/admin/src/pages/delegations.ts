/** Owns the list of delegations, which person at which provider is which user here, and unlinking one. */
import { actionOf, type Call, doneReply, may, noticeReply, pageReply } from "../call.js";
import { confirmationProblems, confirmationReply, type Problem } from "../confirmation.js";
import { plainText } from "../registration-filter.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { Delegation } from "../surface.js";
import type { Block } from "../views/page.js";
import { code, type Inline, moment, muted, plural, words } from "../views/words.js";

const rowsPerPage = 50;

export async function showDelegations(call: Call): Promise<Reply> {
  const after = shown.cursorOf(call);
  const issuer = plainText(call.query.get("issuer"));
  const userId = plainText(call.query.get("user"));
  const [names, page] = await Promise.all([
    shown.providerNames(call),
    call.queries.pageDelegations({ issuer, userId }, { after, limit: rowsPerPage }),
  ]);
  const query = { issuer, user: userId };
  const options = [...names].map(([value, label]) => ({ value, label }));
  if (issuer !== undefined && !names.has(issuer)) options.push({ value: issuer, label: issuer });
  const hasFilter = issuer !== undefined || userId !== undefined;
  return pageReply({
    title: "Delegations",
    current: "delegations",
    lead: words(
      "Which person at a provider is which user here. While linked, their agents come in without asking again.",
    ),
    message: shown.messageOf(call),
    blocks: [
      {
        kind: "form",
        method: "get",
        action: call.link("/delegations"),
        csrf: null,
        shape: "bar",
        label: "Find delegations",
        problems: [],
        fields: [
          {
            type: "select",
            name: "issuer",
            label: "Provider",
            value: issuer ?? "",
            options: [{ value: "", label: "Any" }, ...options],
          },
          { type: "text", name: "user", label: "User id", value: userId ?? "" },
        ],
        submit: { label: "Filter", tone: "primary" },
        cancel: hasFilter ? { label: "Clear", href: call.link("/delegations") } : null,
      },
      page.rows.length === 0 ? empty(call, hasFilter) : table(call, page.rows, names),
      {
        kind: "paging",
        shown: plural(page.rows.length, "delegation on this page", "delegations on this page"),
        firstHref: after === null ? null : call.link("/delegations", query),
        nextHref: page.next === null ? null : call.link("/delegations", { ...query, after: page.next }),
      },
    ],
  });
}

function empty(call: Call, hasFilter: boolean): Block {
  return {
    kind: "empty",
    heading: hasFilter ? "Nothing matches" : "Nobody is linked yet",
    paragraphs: [
      words(
        "A link is made when a person confirms an agent that came through a trusted provider, or when the provider vouches for their verified e-mail address.",
      ),
    ],
    links: hasFilter
      ? [{ label: "Show all", href: call.link("/delegations"), tone: "quiet" }]
      : [{ label: "See trusted providers", href: call.link("/providers"), tone: "quiet" }],
  };
}

function table(call: Call, rows: Delegation[], names: Map<string, string>): Block {
  const canUnlink = may(call, "operator");
  return {
    kind: "table",
    caption: "Delegations by provider and person",
    columns: [
      { label: "Person there" },
      { label: "Provider" },
      { label: "User here" },
      { label: "Scopes at most" },
      { label: "Linked" },
      ...(canUnlink ? [{ label: "Action", isHidden: true }] : []),
    ],
    rows: rows.map((row) => {
      const href = call.link("/delegations/unlink", { issuer: row.issuer, subject: row.subject });
      const button: Inline = [
        { kind: "button", href, text: "Unlink", label: `Unlink ${row.subject}`, tone: "danger" },
      ];
      return [
        code(row.subject),
        shown.providerName(names, row.issuer),
        shown.userLink(call, row.userId),
        row.scopeCeiling === null ? muted("Everything on offer") : shown.scopeList(row.scopeCeiling),
        moment(row.linkedAt),
        ...(canUnlink ? [button] : []),
      ];
    }),
  };
}

interface Person {
  issuer: string;
  subject: string;
}

/** Values as they are: an issuer and a subject are compared character by character. */
const personOf = (source: { get(name: string): string | null }): Person => ({
  issuer: source.get("issuer") ?? "",
  subject: source.get("subject") ?? "",
});

export function showUnlink(call: Call): Reply {
  const person = personOf(call.query);
  return person.issuer === "" || person.subject === ""
    ? noticeReply(call, "unknown")
    : page(call, person, []);
}

function page(call: Call, { issuer, subject }: Person, problems: Problem[]): Reply {
  return confirmationReply(call, {
    title: "Unlink this person",
    current: "delegations",
    trail: [{ label: "Delegations", href: call.link("/delegations") }],
    path: "/delegations/unlink",
    about: [
      {
        kind: "facts",
        facts: [
          { label: "Provider", value: code(issuer) },
          { label: "Person there", value: code(subject) },
        ],
      },
    ],
    consequences: [
      words("The next agent of this person has to be confirmed by them here, as if for the first time."),
      words("Agents that are in already go on. To stop them, revoke them."),
    ],
    fields: [
      { type: "hidden", name: "issuer", value: issuer },
      { type: "hidden", name: "subject", value: subject },
    ],
    submit: "Unlink",
    cancelHref: call.link("/delegations"),
    problems,
  });
}

export async function submitUnlink(call: Call): Promise<Reply> {
  const person = personOf({ get: (name) => call.form.all(name)[0] ?? null });
  if (person.issuer === "" || person.subject === "") return noticeReply(call, "unknown");
  const problems = confirmationProblems(call);
  if (problems.length > 0) return page(call, person, problems);
  const action = actionOf(call, call.form.text("reason"));
  const isDone = await call.surface.unlinkDelegation(person.issuer, person.subject, action);
  return doneReply(call, "/delegations", isDone ? "unlinked" : "unchanged");
}
