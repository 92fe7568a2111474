/**
 * Owns the way out: mail is handed to one SMTP server, over TLS unless that is this computer, within a bounded time.
 * What the server or the network says is told apart only as far as it decides what happens next.
 */

import { isLoopback } from "@agent-auth/web/addresses";
import { createTransport } from "nodemailer";
import { type Mailer, MailFailure, type MailTransport, type OutgoingMail } from "../ports.js";
import { longestSendSeconds } from "../protocol/mail-schedule.js";

/** How long each step may take, in milliseconds. `send` bounds the whole, whatever a server dribbles meanwhile. */
export interface MailTimeouts {
  connection: number;
  greeting: number;
  socket: number;
  send: number;
}

export interface MailerOptions {
  smtp?: string | undefined;
  /** Instead of `smtp`. Its own settings hold. */
  transport?: MailTransport | undefined;
  requireTls?: boolean | undefined;
  from: string;
  timeouts?: MailTimeouts;
}

const defaultTimeouts: MailTimeouts = {
  connection: 10_000,
  greeting: 10_000,
  socket: 30_000,
  send: longestSendSeconds * 1000,
};

/** A transport of ours: one that stops when it is told to. */
interface AbortableTransport {
  sendMail(mail: OutgoingMail & { signal: AbortSignal }): Promise<unknown>;
  close?(): void;
}

/** Creates the mailer. Connects when there is something to send. */
export function createMailer(options: MailerOptions): Mailer {
  const timeouts = options.timeouts ?? defaultTimeouts;
  const transport: AbortableTransport =
    options.transport === undefined ? pooled(options, timeouts) : withoutSignal(options.transport);
  const from = singleLine(options.from);
  const underWay = new Set<AbortController>();
  let isClosed = false;

  return {
    async send(mail) {
      if (isClosed) throw new MailFailure(false, "closed");
      const controller = new AbortController();
      const { signal } = controller;
      underWay.add(controller);
      const timer = setTimeout(() => controller.abort(new MailFailure(false, "timeout")), timeouts.send);
      try {
        await Promise.race([transport.sendMail({ ...onOneLineEach(mail), from, signal }), aborted(signal)]);
      } catch (error) {
        throw signal.aborted ? signal.reason : failureOf(error);
      } finally {
        clearTimeout(timer);
        underWay.delete(controller);
      }
    },
    close() {
      isClosed = true;
      for (const controller of underWay) controller.abort(new MailFailure(false, "closed"));
      transport.close?.();
    },
  };
}

function pooled({ smtp, requireTls }: MailerOptions, timeouts: MailTimeouts): AbortableTransport {
  const url = new URL(smtp ?? "");
  const isHere = isLoopback(url);
  const pool = createTransport({
    pool: true,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    secure: url.protocol === "smtps:",
    requireTLS: requireTls ?? !isHere,
    // What stays on this computer needs no TLS, and a server here seldom has a certificate that could be verified.
    ignoreTLS: isHere && requireTls !== true,
    ...(url.username === ""
      ? {}
      : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
    connectionTimeout: timeouts.connection,
    dnsTimeout: timeouts.connection,
    greetingTimeout: timeouts.greeting,
    socketTimeout: timeouts.socket,
    // An idle connection must not keep a process alive for long whose host has finished with it.
    idleTimeout: 30_000,
    // One more connection when an idle one turns out to be dead; anything else is for the outbox to try again.
    maxRequeues: 1,
    // A mail is text of ours: nothing in it may make this server read a file or fetch a URL.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // Sends that were given up are aborted one by one; the pool may then drop whatever is left.
  return { sendMail: (mail) => pool.sendMail(mail), close: () => pool.close({ force: true }) };
}

function withoutSignal(transport: MailTransport): AbortableTransport {
  return { sendMail: ({ signal: _, ...mail }) => transport.sendMail(mail), close: () => transport.close?.() };
}

/** Never resolves; rejects when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function singleLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

/** Nothing in a header can start another one. */
function onOneLineEach(mail: Omit<OutgoingMail, "from">): Omit<OutgoingMail, "from"> {
  const headers = Object.entries(mail.headers).map(([name, value]) => [singleLine(name), singleLine(value)]);
  return {
    ...mail,
    to: singleLine(mail.to),
    subject: singleLine(mail.subject),
    messageId: singleLine(mail.messageId),
    headers: Object.fromEntries(headers),
  };
}

/** What nodemailer tells of a failure. */
interface TransportError {
  code?: unknown;
  /** The system's or OpenSSL's code, where `code` is nodemailer's. */
  originalCode?: unknown;
  responseCode?: unknown;
}

const aboutTls = /CERT|SSL|TLS|^EPROTO$|^UNABLE_TO_/;

/** What a failure means for the mail. The words of the server are not kept: they quote addresses. */
function failureOf(error: unknown): MailFailure {
  const { code, originalCode, responseCode } = (error ?? {}) as TransportError;
  const answer = typeof responseCode === "number" ? responseCode : 0;
  const fails = (reason: string) => new MailFailure(false, reason);
  if (code === "EAUTH" || code === "ENOAUTH" || code === "EOAUTH2" || answer === 530)
    return fails("authentication");
  if (code === "EENVELOPE" || code === "EMESSAGE") {
    // 503 speaks of the session, not of the mail. Without an answer the mail was not even worth asking for.
    const isRefused = answer === 0 || (answer >= 500 && answer !== 503);
    return isRefused ? new MailFailure(true, "refused") : fails("deferred");
  }
  if (aboutTls.test(`${code}`) || aboutTls.test(`${originalCode}`)) return fails("tls");
  if (code === "ETIMEDOUT") return fails("timeout");
  if (answer >= 400 && answer < 500) return fails("deferred");
  return fails("connection");
}
