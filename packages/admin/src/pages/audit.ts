/** Owns the audit log: filter, range, paging, and its export as CSV and as lines of JSON. */
import { type Call, exportButton, exportReply, noticeReply, pageReply } from "../call.js";
import { csvLine, isoTime, textOfPages } from "../csv.js";
import { pagingBlock, readPage } from "../paging.js";
import { parseDay, parseLastDay, plainText } from "../registration-filter.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { AuditEvent, AuditFilter } from "../surface.js";
import type { Block, FormBlock } from "../views/page.js";
import {
  actorWords,
  auditName,
  auditTone,
  auditTypes,
  isAuditType,
  auditPage as texts,
} from "../views/texts-audit-en.js";
import { filterWords } from "../views/texts-registrations-en.js";
import { badge, type Inline, join, moment, muted, plural, value, words } from "../views/words.js";

const rowsPerPage = 100;
const rowsPerPiece = 500;
const names = ["registration", "type", "actor_kind", "actor", "from", "to"] as const;

interface Asked {
  filter: AuditFilter;
  /** As it stands in the address. */
  given: Record<string, string>;
  /** What of the address is no filter. */
  ignored: Inline | null;
}

function filterOf({ query }: Call): Asked {
  const type = query.get("type");
  const actorKind = query.get("actor_kind");
  const all: AuditFilter = {
    registrationId: plainText(query.get("registration")),
    type: type !== null && isAuditType(type) ? type : undefined,
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
  const given: Record<string, string> = {};
  const ignored: Inline[] = [];
  for (const [index, name] of names.entries()) {
    const text = query.get(name)?.trim() ?? "";
    if (values[index] !== undefined) given[name] = text;
    else if (text !== "") ignored.push([...muted(`${texts.fields[name]} `), ...value(text)]);
  }
  return { filter, given, ignored: ignored.length === 0 ? null : join(ignored, ", ") };
}

export async function showAudit(call: Call): Promise<Reply> {
  const { filter, given, ignored } = filterOf(call);
  const page = await readPage(call, (turn) =>
    call.queries.pageAudit(filter, { ...turn, limit: rowsPerPage }),
  );
  return pageReply({
    title: texts.title,
    current: "audit",
    lead: words(texts.lead),
    actions: [
      exportButton(call, texts.exportCsv, "/audit.csv", given),
      exportButton(call, texts.exportLines, "/audit.ndjson", given),
    ],
    message: shown.messageOf(call),
    blocks: [
      filterForm(call, given),
      ...(ignored === null
        ? []
        : [{ kind: "notice", tone: "attention", text: filterWords.ignored(ignored) } as const]),
      page.rows.length === 0 ? empty(call, filter, page.next !== null) : table(call, page.rows),
      pagingBlock(
        call,
        { path: "/audit", query: given },
        page,
        plural(page.rows.length, texts.shown.one, texts.shown.many),
      ),
    ],
  });
}

function filterForm(call: Call, given: Record<string, string>): FormBlock {
  const any = { value: "", label: texts.any };
  const { fields } = texts;
  return {
    kind: "form",
    method: "get",
    action: call.link("/audit"),
    csrf: null,
    shape: "bar",
    label: texts.find,
    problems: [],
    fields: [
      {
        type: "select",
        name: "type",
        label: fields.type,
        value: given.type ?? "",
        options: [any, ...auditTypes.map((value) => ({ value, label: auditName(value) }))],
      },
      {
        type: "select",
        name: "actor_kind",
        label: fields.actor_kind,
        value: given.actor_kind ?? "",
        options: [any, ...Object.entries(actorWords).map(([value, label]) => ({ value, label }))],
      },
      { type: "text", name: "actor", label: fields.actor, value: given.actor ?? "" },
      { type: "text", name: "registration", label: fields.registration, value: given.registration ?? "" },
      { type: "date", name: "from", label: fields.from, value: given.from ?? "" },
      { type: "date", name: "to", label: fields.to, value: given.to ?? "" },
    ],
    submit: { label: texts.filter, tone: "primary" },
    cancel: Object.keys(given).length > 0 ? { label: texts.clear, href: call.link("/audit") } : null,
  };
}

function empty(call: Call, filter: AuditFilter, hasMore: boolean): Block {
  const { from = 0, before = Infinity } = filter;
  const hasFilter = Object.keys(filter).length > 0;
  const { heading, text } = hasMore ? texts.inStretch : hasFilter ? texts.noMatch : texts.empty;
  return {
    kind: "empty",
    heading,
    paragraphs: [words(from >= before ? texts.turnedRound : text)],
    links: hasFilter ? [{ label: texts.showAll, href: call.link("/audit"), tone: "quiet" }] : [],
  };
}

function table(call: Call, rows: AuditEvent[]): Block {
  const { columns } = texts;
  return {
    kind: "table",
    caption: texts.caption,
    columns: [
      { label: columns.event },
      { label: columns.when },
      { label: columns.who },
      { label: columns.registration },
      { label: columns.detail },
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

const exported = ["id", "at", "type", "actor_kind", "actor_id", "ip", "registration_id", "detail"];

export function exportAuditCsv(call: Call): Reply {
  return download(call, "audit.csv", "text/csv", csvLine(exported), (event) =>
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
}

export function exportAuditLines(call: Call): Reply {
  return download(call, "audit.ndjson", "application/x-ndjson", "", (event) => {
    const { id, at, type, actor, ip, registrationId, detail } = event;
    return `${JSON.stringify({ id, at: isoTime(at), type, actor, ip, registration_id: registrationId, detail })}\n`;
  });
}

function download(
  call: Call,
  fileName: string,
  mediaType: string,
  heading: string,
  line: (event: AuditEvent) => string,
): Reply {
  const { filter, ignored } = filterOf(call);
  // A file does not say what it was made of, so it never holds more than was asked for.
  if (ignored !== null)
    return noticeReply(call, "bad_filter", [{ kind: "text", paragraphs: [filterWords.refused(ignored)] }]);
  const read = (after: string | null) => call.queries.pageAudit(filter, { after, limit: rowsPerPiece });
  const pieces = textOfPages(heading, read, line);
  const file = { contentType: `${mediaType}; charset=utf-8`, fileName, pieces };
  return exportReply(call, { what: "audit_log", filter }, file);
}
