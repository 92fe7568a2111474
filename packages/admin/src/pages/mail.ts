/** Owns the outbox: which mails wait, went out or failed, and trying a failed one again. Bodies and links are nowhere. */
import { type Call, doneReply, may, noticeReply, pageReply } from "../call.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { MailFilter, QueuedMail } from "../surface.js";
import type { Block } from "../views/page.js";
import { badge, code, type Inline, moment, muted, plural, say, value, words } from "../views/words.js";

const rowsPerPage = 50;
const states = { waiting: "Waiting", sent: "Sent", failed: "Failed" } as const;
const templates: Record<QueuedMail["template"], string> = {
  claim_link: "Claim link",
  agent_connected: "Agent connected",
  agent_revoked: "Agent revoked",
  manage_link: "Manage link",
};

function filterOf({ query }: Call): MailFilter {
  const state = query.get("state") ?? "";
  const template = query.get("template") ?? "";
  return {
    ...(Object.hasOwn(states, state) ? { state: state as keyof typeof states } : {}),
    ...(Object.hasOwn(templates, template) ? { template: template as QueuedMail["template"] } : {}),
  };
}

export async function showMail(call: Call): Promise<Reply> {
  const filter = filterOf(call);
  const after = shown.cursorOf(call);
  const page = await call.queries.pageMail(filter, { after, limit: rowsPerPage });
  const query = { state: filter.state, template: filter.template };
  const any = { value: "", label: "Any" };
  const options = (all: Record<string, string>) => [
    any,
    ...Object.entries(all).map(([value, label]) => ({ value, label })),
  ];
  return pageReply({
    title: "Mail",
    current: "mail",
    lead: words(
      "What was sent to people. Their text and links are made when they are sent, and kept nowhere.",
    ),
    message: shown.messageOf(call),
    blocks: [
      ...(call.surface.hasMail
        ? []
        : [
            {
              kind: "notice",
              tone: "attention",
              text: say`No mail server is configured, so nothing is sent. Set ${code("mail")} in the options of the middleware.`,
            } as const,
          ]),
      {
        kind: "form",
        method: "get",
        action: call.link("/mail"),
        csrf: null,
        shape: "bar",
        label: "Find mail",
        problems: [],
        fields: [
          {
            type: "select",
            name: "state",
            label: "State",
            value: filter.state ?? "",
            options: options(states),
          },
          {
            type: "select",
            name: "template",
            label: "Mail",
            value: filter.template ?? "",
            options: options(templates),
          },
        ],
        submit: { label: "Filter", tone: "primary" },
        cancel: filter.state || filter.template ? { label: "Clear", href: call.link("/mail") } : null,
      },
      page.rows.length === 0
        ? empty(filter.state !== undefined || filter.template !== undefined)
        : table(call, page.rows),
      {
        kind: "paging",
        shown: plural(page.rows.length, "mail on this page", "mails on this page"),
        firstHref: after === null ? null : call.link("/mail", query),
        nextHref: page.next === null ? null : call.link("/mail", { ...query, after: page.next }),
      },
    ],
  });
}

function empty(hasFilter: boolean): Block {
  return {
    kind: "empty",
    heading: hasFilter ? "Nothing matches" : "No mail yet",
    paragraphs: [
      words(
        "When an agent names a person’s address, the person gets a link to decide. Failed mails are tried again for a day, and stay here for you to retry.",
      ),
    ],
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
  return {
    kind: "table",
    caption: "Mail, newest first",
    columns: [
      { label: "Mail" },
      { label: "State" },
      ...(canAct ? [{ label: "To" }] : []),
      { label: "Registration" },
      { label: "Queued" },
      { label: "Sent or next try" },
      { label: "Tries", isNumeric: true },
      ...(canAct ? [{ label: "Action", isHidden: true }] : []),
    ],
    rows: rows.map((mail) => [
      words(templates[mail.template] ?? mail.template),
      mail.failure === null ? stateOf(mail) : say`${stateOf(mail)} ${code(mail.failure)}`,
      ...(canAct
        ? [mail.recipient === null ? shown.userLink(call, mail.userId) : value(mail.recipient)]
        : []),
      shown.registrationLink(call, mail.registrationId),
      moment(mail.createdAt),
      mail.sentAt !== null
        ? moment(mail.sentAt)
        : mail.failedAt !== null
          ? muted("Given up")
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
      text: "Try again",
      label: `Try mail ${mail.id} again`,
    },
  ];
}

export async function submitRetry(call: Call): Promise<Reply> {
  const id = call.params.id as string;
  if (!/^\d{1,15}$/.test(id)) return noticeReply(call, "unknown");
  const isDone = await call.surface.retryMail(Number(id));
  return doneReply(call, "/mail", isDone ? "mail_retried" : "unchanged");
}
