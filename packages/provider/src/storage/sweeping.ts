/** Owns forgetting what is over: sessions, device grants, counted tries, and events settled long ago. */
import type { Database } from "better-sqlite3";
import type { Store } from "../ports.js";

/** People look at what became of a revocation for this long. */
const keepEventsSeconds = 30 * 86_400;
/** A late poll of an expired grant still hears `expired_token`. */
const keepGrantsSeconds = 3600;

export function createSweepingVerbs(database: Database): Pick<Store, "sweep"> {
  const statements = [
    { sql: "DELETE FROM sessions WHERE expires_at <= ?", keepSeconds: 0 },
    { sql: "DELETE FROM device_grants WHERE expires_at <= ?", keepSeconds: keepGrantsSeconds },
    { sql: "DELETE FROM tries WHERE window_ends_at <= ?", keepSeconds: 0 },
    { sql: "DELETE FROM outbox WHERE settled_at <= ?", keepSeconds: keepEventsSeconds },
  ].map(({ sql, keepSeconds }) => ({ statement: database.prepare(sql), keepSeconds }));
  return {
    sweep: (now) => {
      for (const { statement, keepSeconds } of statements) statement.run(now - keepSeconds);
    },
  };
}
