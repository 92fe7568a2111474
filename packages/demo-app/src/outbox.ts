/** Owns captured mail: what the demo would send is kept in a table and shown at `/dev/outbox`. */
import type { DemoDatabase } from "./database.js";

export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
}

export interface CapturedMail extends Mail {
  /** Grows with every mail; the address of the page that shows its HTML. */
  number: number;
  /** ISO 8601. */
  sentAt: string;
}

export type Outbox = ReturnType<typeof openOutbox>;

/** Older mail is dropped: this is a window for developers, not an archive. */
const kept = 200;

const columns = `sequence AS "number", recipient AS "to", subject, text, html, sent_at AS sentAt`;

export function openOutbox(database: DemoDatabase) {
  const insert = database.prepare(
    "INSERT INTO demo_outbox (recipient, subject, text, html, sent_at) VALUES (?, ?, ?, ?, ?)",
  );
  const trim = database.prepare(
    "DELETE FROM demo_outbox WHERE sequence <= (SELECT MAX(sequence) FROM demo_outbox) - ?",
  );
  const list = database.prepare<[], CapturedMail>(`SELECT ${columns} FROM demo_outbox ORDER BY sequence`);
  const find = database.prepare<[number], CapturedMail>(
    `SELECT ${columns} FROM demo_outbox WHERE sequence = ?`,
  );

  return {
    deliver(mail: Mail): void {
      insert.run(mail.to, mail.subject, mail.text, mail.html, new Date().toISOString());
      trim.run(kept);
    },
    /** Newest last. */
    list: (): CapturedMail[] => list.all(),
    find: (number: number): CapturedMail | null => find.get(number) ?? null,
  };
}
