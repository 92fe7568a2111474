/** Owns the timeline of one registration: every event of the audit log, with who did it and from where. */
import type { Call } from "../call.js";
import * as shown from "../shown.js";
import type { AuditEvent } from "../surface.js";
import type { Block, TimelineBlock } from "../views/page.js";
import { auditName, auditTone } from "../views/texts-audit-en.js";
import { moment, muted, plural } from "../views/words.js";

export function timelineBlocks(
  call: Call,
  id: string,
  page: { rows: AuditEvent[]; next: string | null },
): Block[] {
  if (page.rows.length === 0)
    return [{ kind: "text", paragraphs: [muted("Nothing is left in the audit log.")] }];
  const here = `/registrations/${encodeURIComponent(id)}`;
  const isLater = shown.cursorOf(call) !== null;
  return [
    timeline(page.rows),
    {
      kind: "paging",
      shown: plural(page.rows.length, "event", "events"),
      firstHref: isLater ? call.link(here) : null,
      nextHref: page.next === null ? null : call.link(here, { after: page.next }),
    },
  ];
}

function timeline(events: AuditEvent[]): TimelineBlock {
  return {
    kind: "timeline",
    label: "What happened, newest first",
    events: events.map((event) => ({
      at: moment(event.at),
      tone: auditTone(event.type),
      title: auditName(event.type),
      who: shown.actor(event),
      facts: shown.detailFacts(event),
    })),
  };
}
