/** Owns what every route of the demo works with, and who the person behind a browser request is. */
import type { AgentAuth } from "@agent-auth/middleware";
import type { Request } from "express";
import type { Logger } from "pino";
import type { Account, Accounts } from "./accounts.js";
import type { Ceremony } from "./environment.js";
import type { LoginThrottle } from "./login-throttle.js";
import type { DemoMail } from "./mail.js";
import type { Notes } from "./notes.js";
import type { ReceivedEvents } from "./received-events.js";

export interface Context {
  /** Origin of the demo as people and agents see it. */
  baseUrl: string;
  auth: AgentAuth;
  accounts: Accounts;
  notes: Notes;
  mail: DemoMail;
  /** Which ways a code may travel, and how people say who they are: what the panels play depends on it. */
  ceremony: Ceremony;
  claimSignIn: "host" | "email";
  throttle: LoginThrottle;
  events: ReceivedEvents;
  /** Whose agents the demo lets in: the sample provider first, if there is one. */
  providers: { issuer: string; name: string }[];
  /** Issuer of the sample provider; null when the demo runs without. */
  sampleProvider: string | null;
  logger: Logger;
}

/** The signed-in person, or null. Needs the session middleware in front. */
export function personOf(request: Request, accounts: Accounts): Account | null {
  const id = request.session.userId;
  return id === undefined ? null : accounts.findById(id);
}

/** A field of an ordinary form: one string, or empty when it is missing or sent twice. */
export function field(request: Request, name: string): string {
  const value = (request.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === "string" ? value : "";
}
