/** Owns the timeline of one registration: every event of the audit log, with who did it and from where. */
import type { Call } from "../call.js";
import { type ListPage, pagingBlock } from "../paging.js";
import * as shown from "../shown.js";
import type { AuditEvent } from "../surface.js";
import type { Block, TimelineBlock } from "../views/page.js";
import { auditName, auditTone } from "../views/texts-audit-en.js";
import { timelineWords as texts } from "../views/texts-registration-en.js";
import { moment, muted, plural } from "../views/words.js";

export function timelineBlocks(call: Call, id: string, page: ListPage<AuditEvent>): Block[] {
  if (page.rows.length === 0) return [{ kind: "text", paragraphs: [muted(texts.empty)] }];
  const path = `/registrations/${encodeURIComponent(id)}`;
  const { one, many } = texts.shown;
  return [
    timeline(page.rows),
    pagingBlock(call, { path, anchor: "#timeline" }, page, plural(page.rows.length, one, many)),
  ];
}

function timeline(events: AuditEvent[]): TimelineBlock {
  return {
    kind: "timeline",
    label: texts.label,
    events: events.map((event) => ({
      at: moment(event.at),
      tone: auditTone(event.type),
      title: auditName(event.type),
      who: shown.actor(event),
      facts: shown.detailFacts(event),
    })),
  };
}
