/** Owns how mail leaves the demo: captured in its outbox, or by SMTP where a server is given. */

import { isLoopback } from "@agent-auth/web/addresses";
import { createTransport } from "nodemailer";
import type { Logger } from "pino";
import type { DemoDatabase } from "./database.js";
import { mailCap } from "./mail-cap.js";
import { type Mail, type Outbox, openOutbox } from "./outbox.js";

/** What nodemailer's transports are, as far as mail of the demo needs it. */
interface Transport {
  sendMail(mail: Mail & { from: string }): Promise<unknown>;
  close?(): void;
}

export interface DemoMail {
  /** For the library: by what its mails leave, and from whom. */
  options: { from: string } & ({ smtp: string } | { transport: Transport });
  /** Null: mail really leaves, and nothing is kept here. */
  outbox: Outbox | null;
  /** Sends a mail of the demo's own, unless too many went there already. Does not wait for it: whether it arrives must not show on a page. */
  send(mail: Mail): void;
  /** Waits for mail that is on its way. */
  close(): Promise<void>;
}

interface MailOptions {
  /** Undefined: mail is captured. */
  smtpUrl: string | undefined;
  baseUrl: string;
  database: DemoDatabase;
  logger: Logger;
}

/** A server that does not answer is given up soon, so that the demo stops when it is told to. */
const patience = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

/** As the library does it: encrypted, unless the server is on this computer, where certificates are seldom good. */
function bySmtp(url: string): Transport {
  const isHere = isLoopback(new URL(url));
  return createTransport({ url, requireTLS: !isHere, ignoreTLS: isHere, ...patience });
}

const captured = (outbox: Outbox): Transport => ({
  sendMail: async (mail) => outbox.deliver(mail),
});

export function openMail({ smtpUrl, baseUrl, database, logger }: MailOptions): DemoMail {
  const url = new URL(baseUrl);
  const from = `Agent Auth Demo Notes <no-reply@${isLoopback(url) ? "example.com" : url.hostname}>`;
  const outbox = smtpUrl === undefined ? openOutbox(database) : null;
  const transport = outbox === null ? bySmtp(smtpUrl as string) : captured(outbox);
  // Captured mail bothers nobody. The library has caps of its own.
  const cap = outbox === null ? mailCap() : null;
  const onItsWay = new Set<Promise<unknown>>();

  return {
    options: { from, ...(smtpUrl === undefined ? { transport } : { smtp: smtpUrl }) },
    outbox,
    send(mail) {
      if (cap?.spend(mail.to) === false) return logger.info("a mail was one too many for its address");
      const sending = transport
        .sendMail({ from, ...mail })
        .catch((error: unknown) => logger.warn({ err: error }, "a mail was not accepted"))
        .finally(() => onItsWay.delete(sending));
      onItsWay.add(sending);
    },
    async close() {
      await Promise.all(onItsWay);
      transport.close?.();
    },
  };
}
