/** Owns the list of delegations, which person at which provider is which user here, and unlinking one. */
import { actionOf, type Call, doneReply, may, noticeReply, pageReply } from "../call.js";
import { confirmationProblems, confirmationReply, type Problem } from "../confirmation.js";
import { pagingBlock, readPage } from "../paging.js";
import { plainText } from "../registration-filter.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { Delegation } from "../surface.js";
import type { Block } from "../views/page.js";
import { sections } from "../views/texts-en.js";
import { delegationWords as texts } from "../views/texts-operations-en.js";
import { code, type Inline, moment, muted, plural, words } from "../views/words.js";

const rowsPerPage = 50;

export async function showDelegations(call: Call): Promise<Reply> {
  const issuer = plainText(call.query.get("issuer"));
  const userId = plainText(call.query.get("user"));
  const [names, page] = await Promise.all([
    shown.providerNames(call),
    readPage(call, (turn) =>
      call.queries.pageDelegations({ issuer, userId }, { ...turn, limit: rowsPerPage }),
    ),
  ]);
  const query = { issuer, user: userId };
  const options = [...names].map(([value, label]) => ({ value, label }));
  if (issuer !== undefined && !names.has(issuer)) options.push({ value: issuer, label: issuer });
  const hasFilter = issuer !== undefined || userId !== undefined;
  return pageReply({
    title: sections.delegations,
    current: "delegations",
    lead: words(texts.lead),
    message: shown.messageOf(call),
    blocks: [
      {
        kind: "form",
        method: "get",
        action: call.link("/delegations"),
        csrf: null,
        shape: "bar",
        label: texts.find,
        problems: [],
        fields: [
          {
            type: "select",
            name: "issuer",
            label: texts.fields.provider,
            value: issuer ?? "",
            options: [{ value: "", label: texts.any }, ...options],
          },
          { type: "text", name: "user", label: texts.fields.user, value: userId ?? "" },
        ],
        submit: { label: texts.filter, tone: "primary" },
        cancel: hasFilter ? { label: texts.clear, href: call.link("/delegations") } : null,
      },
      page.rows.length === 0 ? empty(call, hasFilter) : table(call, page.rows, names),
      pagingBlock(
        call,
        { path: "/delegations", query },
        page,
        plural(page.rows.length, texts.shown.one, texts.shown.many),
      ),
    ],
  });
}

function empty(call: Call, hasFilter: boolean): Block {
  return {
    kind: "empty",
    heading: hasFilter ? texts.noMatch : texts.empty,
    paragraphs: [words(texts.how)],
    links: hasFilter
      ? [{ label: texts.showAll, href: call.link("/delegations"), tone: "quiet" }]
      : [{ label: texts.seeProviders, href: call.link("/providers"), tone: "quiet" }],
  };
}

function table(call: Call, rows: Delegation[], names: Map<string, string>): Block {
  const canUnlink = may(call, "operator");
  const { columns } = texts;
  return {
    kind: "table",
    caption: texts.caption,
    columns: [
      { label: columns.subject },
      { label: columns.provider },
      { label: columns.user },
      { label: columns.ceiling },
      { label: columns.linked },
      ...(canUnlink ? [{ label: columns.action, isHidden: true }] : []),
    ],
    rows: rows.map((row) => {
      const href = call.link("/delegations/unlink", { issuer: row.issuer, subject: row.subject });
      const button: Inline = [
        { kind: "button", href, text: texts.unlink, label: texts.unlinkOne(row.subject), tone: "danger" },
      ];
      return [
        code(row.subject),
        shown.providerName(names, row.issuer),
        shown.userLink(call, row.userId),
        row.scopeCeiling === null ? muted(texts.noCeiling) : shown.scopeList(row.scopeCeiling),
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
    title: texts.unlinking.title,
    current: "delegations",
    trail: [{ label: sections.delegations, href: call.link("/delegations") }],
    path: "/delegations/unlink",
    about: [
      {
        kind: "facts",
        facts: [
          { label: texts.columns.provider, value: code(issuer) },
          { label: texts.columns.subject, value: code(subject) },
        ],
      },
    ],
    consequences: texts.unlinking.consequences.map(words),
    fields: [
      { type: "hidden", name: "issuer", value: issuer },
      { type: "hidden", name: "subject", value: subject },
    ],
    submit: texts.unlink,
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
