/** Owns the audit log: filter, range, paging, and its export as CSV and as lines of JSON. */
import { type Call, pageReply } from "../call.js";
import { csvLine, isoTime, textOfPages } from "../csv.js";
import { parseDay, parseLastDay, plainText } from "../registration-filter.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { AuditEvent, AuditFilter } from "../surface.js";
import type { Block, FormBlock } from "../views/page.js";
import { actorWords, auditName, auditTone, auditTypes } from "../views/texts-audit-en.js";
import { badge, type Inline, moment, muted, plural, words } from "../views/words.js";

const rowsPerPage = 100;
const rowsPerPiece = 500;
const names = ["registration", "type", "actor_kind", "actor", "from", "to"] as const;

function filterOf({ query }: Call): { filter: AuditFilter; given: Record<string, string> } {
  const type = query.get("type");
  const actorKind = query.get("actor_kind");
  const all: AuditFilter = {
    registrationId: plainText(query.get("registration")),
    type: type !== null && auditTypes.includes(type) ? (type as AuditEvent["type"]) : undefined,
    actorKind:
      actorKind !== null && Object.hasOwn(actorWords, actorKind)
        ? (actorKind as AuditEvent["actor"]["kind"])
        : undefined,
    actorId: plainText(query.get("actor")),
    from: parseDay(query.get("from")),
    before: parseLastDay(query.get("to")),
  };
  const filter = Object.fromEntries(Object.entries(all).filter(([, part]) => part !== undefined));
  const values = [all.registrationId, all.type, all.actorKind, all.actorId, all.from, all.before];
  const given = names.flatMap((name, index) =>
    values[index] === undefined ? [] : [[name, query.get(name)?.trim() ?? ""] as const],
  );
  return { filter, given: Object.fromEntries(given) };
}

export async function showAudit(call: Call): Promise<Reply> {
  const { filter, given } = filterOf(call);
  const after = shown.cursorOf(call);
  const page = await call.queries.pageAudit(filter, { after, limit: rowsPerPage });
  const hasFilter = Object.keys(given).length > 0;
  return pageReply({
    title: "Audit log",
    current: "audit",
    lead: words(
      "Who did what, when and from where. Rows are only ever added. No token and no code is in it.",
    ),
    actions: [
      { label: "Export as CSV", href: call.link("/audit.csv", given), tone: "quiet" },
      { label: "Export as NDJSON", href: call.link("/audit.ndjson", given), tone: "quiet" },
    ],
    message: shown.messageOf(call),
    blocks: [
      filterForm(call, given),
      page.rows.length === 0 ? empty(call, hasFilter, page.next !== null) : table(call, page.rows),
      {
        kind: "paging",
        shown: plural(page.rows.length, "event on this page", "events on this page"),
        firstHref: after === null ? null : call.link("/audit", given),
        nextHref: page.next === null ? null : call.link("/audit", { ...given, after: page.next }),
      },
    ],
  });
}

function filterForm(call: Call, given: Record<string, string>): FormBlock {
  const any = { value: "", label: "Any" };
  return {
    kind: "form",
    method: "get",
    action: call.link("/audit"),
    csrf: null,
    shape: "bar",
    label: "Find events",
    problems: [],
    fields: [
      {
        type: "select",
        name: "type",
        label: "Event",
        value: given.type ?? "",
        options: [any, ...auditTypes.map((value) => ({ value, label: auditName(value) }))],
      },
      {
        type: "select",
        name: "actor_kind",
        label: "By",
        value: given.actor_kind ?? "",
        options: [any, ...Object.entries(actorWords).map(([value, label]) => ({ value, label }))],
      },
      { type: "text", name: "actor", label: "Actor id", value: given.actor ?? "" },
      { type: "text", name: "registration", label: "Registration id", value: given.registration ?? "" },
      { type: "date", name: "from", label: "From", value: given.from ?? "" },
      { type: "date", name: "to", label: "Until", value: given.to ?? "" },
    ],
    submit: { label: "Filter", tone: "primary" },
    cancel: Object.keys(given).length > 0 ? { label: "Clear", href: call.link("/audit") } : null,
  };
}

function empty(call: Call, hasFilter: boolean, hasMore: boolean): Block {
  const [heading, text] = hasMore
    ? ["Nothing in this stretch", "Many events were looked through. There are more: go on to the next page."]
    : hasFilter
      ? ["Nothing matches", "Widen the range or drop a filter."]
      : [
          "Nothing has happened yet",
          "Every registration, claim, token, revocation and operator’s action is listed here.",
        ];
  return {
    kind: "empty",
    heading: heading as string,
    paragraphs: [words(text as string)],
    links: hasFilter ? [{ label: "Show everything", href: call.link("/audit"), tone: "quiet" }] : [],
  };
}

function table(call: Call, rows: AuditEvent[]): Block {
  return {
    kind: "table",
    caption: "Events, newest first",
    columns: [
      { label: "Event" },
      { label: "When" },
      { label: "Who" },
      { label: "Registration" },
      { label: "Detail" },
    ],
    rows: rows.map((event) => [
      badge(auditTone(event.type), auditName(event.type)),
      moment(event.at),
      shown.actor(event),
      shown.registrationLink(call, event.registrationId),
      detailOf(event),
    ]),
  };
}

function detailOf(event: AuditEvent): Inline {
  const facts = shown.detailFacts(event);
  if (facts.length === 0) return muted("—");
  return facts.flatMap(({ label, value }, index) => [
    { kind: "muted", text: `${index === 0 ? "" : " "}${label}: ` } as const,
    ...value,
  ]);
}

const columns = ["id", "at", "type", "actor_kind", "actor_id", "ip", "registration_id", "detail"];

export function exportAuditCsv(call: Call): Reply {
  const pieces = textOfPages(csvLine(columns), pageReader(call), (event) =>
    csvLine([
      event.id,
      isoTime(event.at),
      event.type,
      event.actor.kind,
      event.actor.id,
      event.ip,
      event.registrationId,
      JSON.stringify(event.detail),
    ]),
  );
  return { kind: "download", contentType: "text/csv; charset=utf-8", fileName: "audit.csv", pieces };
}

export function exportAuditLines(call: Call): Reply {
  const pieces = textOfPages("", pageReader(call), (event) => {
    const { id, at, type, actor, ip, registrationId, detail } = event;
    return `${JSON.stringify({ id, at: isoTime(at), type, actor, ip, registration_id: registrationId, detail })}\n`;
  });
  return {
    kind: "download",
    contentType: "application/x-ndjson; charset=utf-8",
    fileName: "audit.ndjson",
    pieces,
  };
}

function pageReader(call: Call) {
  const { filter } = filterOf(call);
  return (after: string | null) => call.queries.pageAudit(filter, { after, limit: rowsPerPiece });
}
