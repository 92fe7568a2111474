/** Owns the outbox: which mails wait, went out or failed, and trying a failed one again. Bodies and links are nowhere. */
import { actionOf, type Call, doneReply, may, noticeReply, pageReply } from "../call.js";
import { pagingBlock, readPage } from "../paging.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { MailFilter, QueuedMail } from "../surface.js";
import type { Block } from "../views/page.js";
import { mailWords } from "../views/texts-audit-en.js";
import { sections } from "../views/texts-en.js";
import { mailPage as texts } from "../views/texts-operations-en.js";
import { badge, code, type Inline, moment, muted, plural, say, value, words } from "../views/words.js";

const rowsPerPage = 50;
const { states } = texts;

function filterOf({ query }: Call): MailFilter {
  const state = query.get("state") ?? "";
  const template = query.get("template") ?? "";
  return {
    ...(Object.hasOwn(states, state) ? { state: state as keyof typeof states } : {}),
    ...(Object.hasOwn(mailWords, template) ? { template: template as QueuedMail["template"] } : {}),
  };
}

export async function showMail(call: Call): Promise<Reply> {
  const filter = filterOf(call);
  const page = await readPage(call, (turn) => call.queries.pageMail(filter, { ...turn, limit: rowsPerPage }));
  const query = { state: filter.state, template: filter.template };
  const any = { value: "", label: texts.any };
  const options = (all: Record<string, string>) => [
    any,
    ...Object.entries(all).map(([value, label]) => ({ value, label })),
  ];
  return pageReply({
    title: sections.mail,
    current: "mail",
    lead: words(texts.lead),
    message: shown.messageOf(call),
    blocks: [
      ...(call.surface.hasMail
        ? []
        : [
            {
              kind: "notice",
              tone: "attention",
              text: texts.noServer(code("mail")),
            } as const,
          ]),
      {
        kind: "form",
        method: "get",
        action: call.link("/mail"),
        csrf: null,
        shape: "bar",
        label: texts.find,
        problems: [],
        fields: [
          {
            type: "select",
            name: "state",
            label: texts.fields.state,
            value: filter.state ?? "",
            options: options(states),
          },
          {
            type: "select",
            name: "template",
            label: texts.fields.template,
            value: filter.template ?? "",
            options: options(mailWords),
          },
        ],
        submit: { label: texts.filter, tone: "primary" },
        cancel: filter.state || filter.template ? { label: texts.clear, href: call.link("/mail") } : null,
      },
      page.rows.length === 0
        ? empty(filter.state !== undefined || filter.template !== undefined)
        : table(call, page.rows),
      pagingBlock(
        call,
        { path: "/mail", query },
        page,
        plural(page.rows.length, texts.shown.one, texts.shown.many),
      ),
    ],
  });
}

function empty(hasFilter: boolean): Block {
  return {
    kind: "empty",
    heading: hasFilter ? texts.noMatch : texts.empty,
    paragraphs: [words(texts.how)],
    links: [],
  };
}

function stateOf(mail: QueuedMail): Inline {
  if (mail.sentAt !== null) return badge("good", states.sent);
  if (mail.failedAt !== null) return badge("bad", states.failed);
  return badge("accent", states.waiting);
}

function table(call: Call, rows: QueuedMail[]): Block {
  const canAct = may(call, "operator");
  const { columns } = texts;
  return {
    kind: "table",
    caption: texts.caption,
    columns: [
      { label: columns.mail },
      { label: columns.state },
      ...(canAct ? [{ label: columns.to }] : []),
      { label: columns.registration },
      { label: columns.queued },
      { label: columns.sent },
      { label: columns.tries, isNumeric: true },
      ...(canAct ? [{ label: columns.action, isHidden: true }] : []),
    ],
    rows: rows.map((mail) => [
      words(mailWords[mail.template] ?? mail.template),
      mail.failure === null ? stateOf(mail) : say`${stateOf(mail)} ${code(mail.failure)}`,
      ...(canAct
        ? [mail.recipient === null ? shown.userLink(call, mail.userId) : value(mail.recipient)]
        : []),
      shown.registrationLink(call, mail.registrationId),
      moment(mail.createdAt),
      mail.sentAt !== null
        ? moment(mail.sentAt)
        : mail.failedAt !== null
          ? muted(texts.givenUp)
          : moment(mail.nextTryAt),
      words(String(mail.tries)),
      ...(canAct ? [retryButton(call, mail)] : []),
    ]),
  };
}

function retryButton(call: Call, mail: QueuedMail): Inline {
  if (mail.failedAt === null || mail.sentAt !== null) return [];
  return [
    {
      kind: "post",
      action: call.link(`/mail/${mail.id}/retry`),
      csrf: call.tokens.form(),
      text: texts.retry,
      label: texts.retryOne(mail.id),
    },
  ];
}

export async function submitRetry(call: Call): Promise<Reply> {
  const id = call.params.id as string;
  if (!/^\d{1,15}$/.test(id)) return noticeReply(call, "unknown");
  // One press of a button: the log has who and which mail, and asking why would say no more.
  const isDone = await call.surface.retryMail(Number(id), actionOf(call, ""));
  return doneReply(call, "/mail", isDone ? "mail_retried" : "unchanged");
}
