/** Owns the demo's sign-in sessions: the cookie, and a store on SQLite so that a restart logs nobody out. */
import { createHash } from "node:crypto";
import type { Request, RequestHandler } from "express";
import session from "express-session";
import type { DemoDatabase } from "./database.js";

declare module "express-session" {
  interface SessionData {
    userId?: string;
  }
}

export const sessionCookieName = "demo_session";
const sessionDays = 7;
const day = 86_400_000;

// The table holds hashes, so reading the database is not enough to take over a session.
const hashId = (id: string) => createHash("sha256").update(id).digest("base64url");

class SqliteSessionStore extends session.Store {
  readonly #find;
  readonly #save;
  readonly #remove;
  readonly #removeExpired;

  constructor(database: DemoDatabase) {
    super();
    this.#find = database.prepare<[string, string], { data: string }>(
      "SELECT data FROM demo_sessions WHERE id_hash = ? AND expires_at > ?",
    );
    this.#save = database.prepare(`
      INSERT INTO demo_sessions (id_hash, data, expires_at) VALUES (?, ?, ?)
      ON CONFLICT (id_hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`);
    this.#remove = database.prepare("DELETE FROM demo_sessions WHERE id_hash = ?");
    this.#removeExpired = database.prepare("DELETE FROM demo_sessions WHERE expires_at <= ?");
  }

  override get(id: string, callback: (error: unknown, data?: session.SessionData | null) => void): void {
    settle(callback, () => {
      const row = this.#find.get(hashId(id), new Date().toISOString());
      return row === undefined ? null : (JSON.parse(row.data) as session.SessionData);
    });
  }

  override set(id: string, data: session.SessionData, callback?: (error?: unknown) => void): void {
    settle(callback, () => {
      const expires = data.cookie.expires ?? new Date(Date.now() + sessionDays * day);
      this.#removeExpired.run(new Date().toISOString());
      this.#save.run(hashId(id), JSON.stringify(data), new Date(expires).toISOString());
    });
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    settle(callback, () => {
      this.#remove.run(hashId(id));
    });
  }
}

function settle<Value>(
  callback: ((error: unknown, value?: Value) => void) | undefined,
  work: () => Value,
): void {
  let value: Value;
  try {
    value = work();
  } catch (error) {
    callback?.(error);
    return;
  }
  callback?.(null, value);
}

/** The session middleware. The cookie lives a fixed time from signing in: no request of an agent ever writes one. */
export function sessions(options: { database: DemoDatabase; key: string; secure: boolean }): RequestHandler {
  return session({
    name: sessionCookieName,
    secret: options.key,
    store: new SqliteSessionStore(options.database),
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: "lax", secure: options.secure, maxAge: sessionDays * day, path: "/" },
  });
}

/** Starts a session under a new id, so that an id planted before signing in is worth nothing. */
export function signIn(request: Request, userId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request.session.regenerate((problem) => {
      if (problem) return reject(problem);
      request.session.userId = userId;
      request.session.save((error) => (error ? reject(error) : resolve()));
    });
  });
}

export function signOut(request: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    request.session.destroy((error) => (error ? reject(error) : resolve()));
  });
}
