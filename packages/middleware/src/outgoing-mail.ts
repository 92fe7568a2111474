/** Owns putting mail together: the words, the way out, and the sender that stands between them and the outbox. */
import { createMailRenderer } from "./emails/render.js";
import type { Announcer } from "./flows/context.js";
import type { IdentityContext } from "./flows/identity-context.js";
import { OutboxSender } from "./flows/send-mail.js";
import type { Settings } from "./options.js";
import type { Logger, Mailer } from "./ports.js";
import type { RenderMail } from "./protocol/mail-values.js";
import { createMailer } from "./system/smtp-mailer.js";

/** How long a shutdown waits for sends under way, and then for the failure of those it cut off to be noted. */
const patienceMs = 5_000;
const lastWordsMs = 1_000;

export interface MailParts {
  mailer: Mailer;
  render: RenderMail;
}

/** The mail of one instance. */
export interface Outbox extends Announcer {
  /** Sends what is due. Never rejects. */
  send(): Promise<void>;
  /** Stops sending and closes the connections. What could not be sent is sent by the next instance. */
  close(): Promise<void>;
}

/** Reads what mail needs before anything is opened; null without `mail`. Throws an `Error` that names a bad template. */
export function prepareMail({ mail, resourceName }: Settings): MailParts | null {
  if (mail === null) return null;
  const render = createMailRenderer({ serviceName: resourceName, templatesFolder: mail.templates ?? null });
  return { render, mailer: createMailer(mail) };
}

/** The outbox of an instance; one that does nothing where no mail is sent. */
export function createOutbox(
  parts: MailParts | null,
  context: IdentityContext,
  rest: { scopeDescriptions: Readonly<Record<string, string>>; logger: Logger },
): Outbox {
  if (parts === null) return { committed() {}, async send() {}, async close() {} };
  const sender = new OutboxSender({ context, ...parts, ...rest });
  return {
    committed: () => sender.committed(),
    send: () => sender.send(),
    async close() {
      const stopped = sender.stop();
      await atMost(patienceMs, stopped);
      parts.mailer.close();
      await atMost(lastWordsMs, stopped);
    },
  };
}

/** Waits for the work, but no longer than this. */
async function atMost(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}
