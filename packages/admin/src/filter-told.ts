/** Owns a filter in one line of words: that of a job, and what an event of the audit log keeps as text. */
import { dayOf, filterParts } from "./registration-filter.js";
import type { AuditEvent, AuditFilter, RegistrationFilter } from "./surface.js";
import { actorWords, auditName, auditPage } from "./views/texts-audit-en.js";
import { jobPage } from "./views/texts-jobs-en.js";
import { type Inline, join, muted, value, words } from "./views/words.js";

type Part = Record<"label" | "value", string>;

const toldOf = (parts: Part[]): Inline =>
  parts.length === 0
    ? words(jobPage.everything)
    : join(
        parts.map((part) => [...muted(`${part.label} `), ...value(part.value)]),
        ", ",
      );

/** Which registrations. */
export function registrationsTold(filter: RegistrationFilter): Inline {
  return toldOf(filterParts(filter));
}

/** Which events. */
function eventsTold({ registrationId, type, actorKind, actorId, from, before }: AuditFilter): Inline {
  const { fields } = auditPage;
  const parts: [string, string | undefined][] = [
    [fields.type, type === undefined ? undefined : auditName(type)],
    [fields.actor_kind, actorKind === undefined ? undefined : actorWords[actorKind]],
    [fields.actor, actorId],
    [fields.registration, registrationId],
    [fields.from, from === undefined ? undefined : dayOf(from)],
    // The last day of a range is part of it.
    [fields.to, before === undefined ? undefined : dayOf(before - 1)],
  ];
  return toldOf(parts.flatMap(([label, text]) => (text === undefined ? [] : [{ label, value: text }])));
}

/** The filter that an event keeps; as it is stored where it cannot be read. */
export function keptFilter({ filter, what }: AuditEvent["detail"]): Inline {
  const text = String(filter);
  try {
    const kept = JSON.parse(text) as object;
    return what === "audit_log" ? eventsTold(kept) : registrationsTold(kept);
  } catch {
    return value(text);
  }
}
