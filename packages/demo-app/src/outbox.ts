/** Owns captured mail: what the demo would send is kept in a table and shown at `/dev/outbox`. */
import type { DemoDatabase } from "./database.js";

export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
}

export type Outbox = ReturnType<typeof openOutbox>;

/** Older mail is dropped: this is a window for developers, not an archive. */
const kept = 200;

export function openOutbox(database: DemoDatabase) {
  const insert = database.prepare(
    "INSERT INTO demo_outbox (recipient, subject, text, html, sent_at) VALUES (?, ?, ?, ?, ?)",
  );
  const trim = database.prepare(
    "DELETE FROM demo_outbox WHERE sequence <= (SELECT MAX(sequence) FROM demo_outbox) - ?",
  );
  const list = database.prepare<[], Mail & { sentAt: string }>(
    `SELECT recipient AS "to", subject, text, html, sent_at AS sentAt FROM demo_outbox ORDER BY sequence`,
  );

  return {
    deliver(mail: Mail): void {
      insert.run(mail.to, mail.subject, mail.text, mail.html, new Date().toISOString());
      trim.run(kept);
    },
    /** Newest last. */
    list: (): (Mail & { sentAt: string })[] => list.all(),
  };
}
