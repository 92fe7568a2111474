/**
 * Owns the export of every registration a filter finds, as CSV. In the order of creation whatever the list is sorted by:
 * sorted by their last use, those that were never used would be missing.
 */
import { type Call, exportReply, noticeReply } from "../call.js";
import { csvLine, isoTime, textOfPages } from "../csv.js";
import type { Reply } from "../reply.js";
import { statusOf } from "../shown.js";
import { filterWords } from "../views/texts-registrations-en.js";
import { ignoredIn, viewOf } from "./registrations-view.js";

const rowsPerPiece = 500;

const exported = [
  "id",
  "status",
  "kind",
  "client_name",
  "user_id",
  "issuer",
  "subject",
  "scopes",
  "created_at",
  "created_ip",
  "claimed_at",
  "last_used_at",
  "ends_at",
  "suspended_at",
  "revoked_at",
  "revoked_by",
  "revoked_reason",
];

export function exportRegistrations(call: Call): Reply {
  const ignored = ignoredIn(call);
  // A file does not say what it was made of, so it never holds more than was asked for.
  if (ignored !== null)
    return noticeReply(call, "bad_filter", [{ kind: "text", paragraphs: [filterWords.refused(ignored)] }]);
  const { filter, direction } = viewOf(call);
  const pieces = textOfPages(
    csvLine(exported),
    (after) =>
      call.queries.listRegistrations({
        ...{ filter, direction, sort: "created", after, limit: rowsPerPiece, now: call.now },
      }),
    (row) =>
      csvLine([
        row.id,
        statusOf(row, call.now),
        row.kind,
        row.clientName,
        row.userId,
        row.issuer,
        row.subject,
        row.scopes.join(" "),
        isoTime(row.createdAt),
        row.createdIp,
        isoTime(row.claimedAt),
        isoTime(row.lastUsedAt),
        isoTime(row.endsAt),
        isoTime(row.suspendedAt),
        isoTime(row.revokedAt),
        row.revokedBy,
        row.revokedReason,
      ]),
  );
  const file = { contentType: "text/csv; charset=utf-8", fileName: "registrations.csv", pieces };
  return exportReply(call, { what: "registrations", filter }, file);
}
