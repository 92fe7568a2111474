/** Owns signing in and out. A sign-in always makes a new session, so one that was planted before is worth nothing. */
import { equalInConstantTime } from "@agent-auth/web/secrets";
import { PageRefusal } from "../protocol/errors.js";
import type { Session, User } from "../protocol/model.js";
import { hashSecret, secretBytes } from "../protocol/secrets.js";
import { type FlowContext, findUser } from "./context.js";

const triesPerWindow = 10;
const windowSeconds = 600;

/** A new session's cookie value, or null when e-mail and password do not belong together. */
export function signIn(
  context: FlowContext,
  input: { email: string; password: string; replaces: string | null },
): { token: string; expiresAt: number } | null {
  const { store, clock, random, users, lifetimes } = context;
  const now = clock.now();
  const email = input.email.trim().toLowerCase();
  // Hashed: what people type into the wrong field must not end up readable in a table. Counted before the comparison.
  if (store.countTry(`sign-in:${hashSecret(email)}`, now, windowSeconds) > triesPerWindow)
    throw new PageRefusal("too_many_tries");
  const user = users.find((candidate) => candidate.email.toLowerCase() === email);
  const isRight = equalInConstantTime(user?.password ?? "", input.password);
  if (user === undefined || !isRight) return null;
  if (input.replaces !== null) store.deleteSession(hashSecret(input.replaces));
  const token = random.bytes(secretBytes).toString("base64url");
  const expiresAt = now + lifetimes.sessionSeconds;
  store.addSession({
    tokenHash: hashSecret(token),
    userId: user.id,
    authTime: now,
    lastSeenAt: now,
    expiresAt,
  });
  return { token, expiresAt };
}

/** Who is behind a cookie. */
export function findSession(
  context: FlowContext,
  token: string | null,
): { session: Session; user: User } | null {
  if (token === null) return null;
  const { store, clock, lifetimes } = context;
  const session = store.useSession(hashSecret(token), clock.now(), lifetimes.sessionIdleSeconds);
  const user = session === null ? null : findUser(context, session.userId);
  return session === null || user === null ? null : { session, user };
}

export function signOut(context: FlowContext, token: string): void {
  context.store.deleteSession(hashSecret(token));
}
