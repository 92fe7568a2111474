/** Owns stored sessions, and the counting of wrong tries to get one. */
import type { Database } from "better-sqlite3";
import type { Store } from "../ports.js";
import { type SessionRow, sessionOf } from "./rows.js";
import { sessions } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";

export function createSessionVerbs(
  database: Database,
): Pick<Store, "addSession" | "useSession" | "deleteSession" | "countTry"> {
  const insert = database.prepare(insertInto(sessions));
  const use = database.prepare<object, SessionRow>(
    `UPDATE sessions SET last_seen_at = @now
     WHERE token_hash = @tokenHash AND expires_at > @now AND last_seen_at > @now - @idleSeconds
     RETURNING ${columnsOf(sessions)}`,
  );
  const remove = database.prepare("DELETE FROM sessions WHERE token_hash = ?");
  const count = database
    .prepare<object, number>(
      `INSERT INTO tries (subject, count, window_ends_at) VALUES (@subject, 1, @now + @windowSeconds)
       ON CONFLICT (subject) DO UPDATE SET
         count = CASE WHEN window_ends_at > @now THEN count + 1 ELSE 1 END,
         window_ends_at = CASE WHEN window_ends_at > @now THEN window_ends_at ELSE @now + @windowSeconds END
       RETURNING count`,
    )
    .pluck();
  return {
    addSession: (session) => {
      insert.run({
        token_hash: session.tokenHash,
        user_id: session.userId,
        auth_time: session.authTime,
        last_seen_at: session.lastSeenAt,
        expires_at: session.expiresAt,
      });
    },
    useSession: (tokenHash, now, idleSeconds) => {
      const row = use.get({ tokenHash, now, idleSeconds });
      return row === undefined ? null : sessionOf(row);
    },
    deleteSession: (tokenHash) => {
      remove.run(tokenHash);
    },
    countTry: (subject, now, windowSeconds) => count.get({ subject, now, windowSeconds }) as number,
  };
}
