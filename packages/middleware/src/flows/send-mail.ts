/**
 * Sends the mail that is due. A mail is leased before it is sent and settled afterwards, so that of any number of
 * senders one has it, and it comes back if that one dies. A server that accepted a mail we could not note as sent gets
 * it again under the same Message-ID.
 */
import { type Logger, type Mailer, MailFailure, type MailOutcome } from "../ports.js";
import { longestSendSeconds, nextTry } from "../protocol/mail-schedule.js";
import type { RenderMail } from "../protocol/mail-values.js";
import type { AuditEvent, EpochSeconds, QueuedMail } from "../protocol/model.js";
import { composeMail } from "./compose-mail.js";
import type { IdentityContext } from "./identity-context.js";

const batch = 20;
const leaseSeconds = 120;
/** What has to be left of a lease when a send is begun, so that nobody else takes the mail meanwhile. */
const neededSeconds = longestSendSeconds + 15;
/** How long the host's hooks may take to say where somebody reads mail. */
const hookPatienceMs = 5_000;
/** Sends at a time. */
const width = 5;

export interface OutboxParts {
  context: IdentityContext;
  mailer: Mailer;
  render: RenderMail;
  /** Scopes in words. */
  scopeDescriptions: Readonly<Record<string, string>>;
  logger: Logger;
}

export class OutboxSender {
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;

  constructor(private readonly parts: OutboxParts) {}

  /** Mail was committed: it goes out soon, without holding up the caller. */
  committed(): void {
    setImmediate(() => void this.send());
  }

  /** Sends everything that is due. Never rejects. Calls that overlap share one run, and cause another one after it. */
  send(): Promise<void> {
    if (this.#stopped) return this.#running ?? Promise.resolve();
    this.#again = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Begins no further send. Settles when those under way have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      await this.#round().catch((error: unknown) =>
        this.parts.logger.warn({ error }, "mail could not be fetched for sending"),
      );
    }
    // In the step that saw that nobody asks any more, or whoever asks between the two would be told that it is done.
    this.#running = null;
  }

  async #round(): Promise<void> {
    const { store, clock } = this.parts.context;
    const now = clock.now();
    const leaseUntil = now + leaseSeconds;
    const waiting = await store.leaseMail({ now, leaseUntil, limit: batch });
    if (waiting.length === batch) this.#again = true;
    const work = async () => {
      for (let mail = waiting.shift(); mail !== undefined; mail = waiting.shift())
        await this.#handle(mail, leaseUntil);
    };
    await Promise.all(Array.from({ length: width }, work));
  }

  async #handle(mail: QueuedMail, leaseUntil: EpochSeconds): Promise<void> {
    const { logger, context } = this.parts;
    const about = { mailId: mail.id, template: mail.template, tries: mail.tries };
    // What is left of the lease would not last: whoever takes the mail next has time for it.
    if (leaseUntil - context.clock.now() < neededSeconds) return;
    try {
      const outcome = this.#stopped
        ? { kind: "retry" as const, at: context.clock.now() }
        : await this.#send(mail).catch((error: unknown) => this.#afterFailure(mail, error));
      if (!(await this.#settle(mail, outcome)))
        logger.warn(about, "mail was taken over by another sender before it was noted how it went");
    } catch (error) {
      logger.error({ ...about, error }, "it could not be noted how a mail went");
    }
  }

  async #send(mail: QueuedMail): Promise<MailOutcome> {
    const { context, mailer, render, scopeDescriptions } = this.parts;
    const composed = await answered(composeMail(context, mail, scopeDescriptions));
    if (composed.outcome === "pointless") return { kind: "failed", failure: composed.failure };
    const { to, values, headers } = composed;
    const { hostname } = new URL(context.settings.issuer);
    await mailer.send({
      to,
      ...render(values),
      messageId: `<mail-${mail.id}-${mail.createdAt}@${hostname}>`,
      headers,
    });
    return { kind: "sent", to };
  }

  #afterFailure(mail: QueuedMail, error: unknown): MailOutcome {
    const { context, logger } = this.parts;
    const about = { mailId: mail.id, template: mail.template, tries: mail.tries };
    if (error instanceof MailFailure && error.isPermanent) return { kind: "failed", failure: error.reason };
    if (error instanceof MailFailure)
      logger.warn({ ...about, reason: error.reason }, "mail was not accepted");
    else logger.error({ ...about, error }, "mail could not be sent");
    return nextTry(mail, context.clock.now(), context.random.bytes(1).readUInt8() / 255);
  }

  async #settle(mail: QueuedMail, outcome: MailOutcome): Promise<boolean> {
    const { id, tries, template, registrationId } = mail;
    const { store, clock, metrics } = this.parts.context;
    const now = clock.now();
    const event = (type: AuditEvent["type"], detail: AuditEvent["detail"]): AuditEvent => {
      const actor = { kind: "system", id: null } as const;
      return { type, at: now, actor, ip: null, registrationId, detail: { template, mailId: id, ...detail } };
    };
    const audit =
      outcome.kind === "sent"
        ? [event("mail.sent", { tries })]
        : outcome.kind === "failed"
          ? [event("mail.failed", { reason: outcome.failure })]
          : [];
    const isSettled = await store.settleMail({ id, tries, outcome, now, audit });
    if (isSettled) metrics.mail(outcome.kind === "retry" ? "postponed" : outcome.kind);
    return isSettled;
  }
}

/** One hook that never answers must not keep all mail from being sent. */
async function answered<Answer>(work: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("the host's hooks did not answer in time")), hookPatienceMs);
  });
  return Promise.race([work, patience]).finally(() => clearTimeout(timer));
}
