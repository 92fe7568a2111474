/**
 * Owns a real SMTP server of the tests: it listens on 127.0.0.1 until the test ends, keeps what it accepted, and can be
 * told to refuse, to put off, to drop and to stay silent.
 */

import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { expect } from "@jest/globals";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { closeAfterTest } from "./stages.js";

/** A mail the server has accepted. */
export interface ReceivedMail {
  from: string;
  to: string[];
  /** As it came over the wire. */
  raw: string;
  parsed: ParsedMail;
  isEncrypted: boolean;
  user: string | null;
}

/** An answer of the server that is not the one the client hoped for. */
export interface Objection {
  code: number;
  text: string;
}

type Verdict = Objection | "drop" | "never" | null;

export interface MailServer {
  port: number;
  /** As the `smtp` option. */
  url: string;
  /** Oldest first. */
  mails: ReceivedMail[];
  /** Recipients clients asked for, whatever was answered. */
  asked: string[];
  connections: number;
  /** What to say to a recipient. May be changed while it runs. */
  onRecipient: (address: string) => Objection | null;
  /** What to do with a message that has arrived as a whole. "drop" closes the connection, "never" says nothing. */
  onMessage: (tries: number) => Verdict | Promise<Verdict>;
  /** Closes the connection in the middle of the next messages, this many times. */
  dropsMidway: number;
  /** Closes every connection. */
  drop(): void;
  /** The addresses mail was accepted for, sorted. */
  recipients(): string[];
  close(): Promise<void>;
}

const objection = ({ code, text }: Objection) => Object.assign(new Error(text), { responseCode: code });

/** Without TLS and without a login, unless the options say otherwise. */
export async function mailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  let messages = 0;
  const drop = () => {
    for (const connection of (smtp as unknown as { connections: Set<{ _socket: Socket }> }).connections)
      connection._socket.destroy();
  };
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    closeTimeout: 10,
    // Keeps it from warning that the certificate is its own.
    logger: false,
    onConnect(_session, done) {
      server.connections += 1;
      done();
    },
    onRcptTo({ address }, _session, done) {
      server.asked.push(address);
      const answer = server.onRecipient(address);
      if (answer === null) done();
      else done(objection(answer));
    },
    onData(stream, { envelope, secure, user }, done) {
      messages += 1;
      const chunks: Buffer[] = [];
      if (server.dropsMidway > 0) {
        server.dropsMidway -= 1;
        stream.once("data", drop);
        return;
      }
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", async () => {
        const answer = await server.onMessage(messages);
        if (answer === "never") return;
        if (answer === "drop") return drop();
        if (answer !== null) return done(objection(answer));
        const raw = Buffer.concat(chunks);
        server.mails.push({
          from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          raw: raw.toString("utf8"),
          parsed: await simpleParser(raw),
          isEncrypted: secure,
          user: typeof user === "string" ? user : null,
        });
        done();
      });
    },
    ...options,
  });
  // A client that goes away in the middle is what some tests are about.
  smtp.on("error", () => {});
  await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
  let isClosed = false;
  const server: MailServer = {
    port: (smtp.server.address() as AddressInfo).port,
    get url() {
      return `smtp://127.0.0.1:${server.port}`;
    },
    mails: [],
    asked: [],
    connections: 0,
    onRecipient: () => null,
    onMessage: () => null,
    dropsMidway: 0,
    drop,
    recipients: () => server.mails.flatMap(({ to }) => to).sort(),
    async close() {
      if (isClosed) return;
      isClosed = true;
      drop();
      await new Promise<void>((resolve) => smtp.close(resolve));
    },
  };
  closeAfterTest(() => server.close());
  return server;
}

/** A listener that takes connections and does with them what it is told; nothing: it never says a word. */
export async function silentServer(onConnection: (socket: Socket) => void = () => {}): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closeAfterTest(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** The only mail the server has accepted. */
export function onlyMail({ mails }: MailServer): ReceivedMail {
  expect(mails).toHaveLength(1);
  return mails[0] as ReceivedMail;
}

/** Everything a person can read in the mail: subject, text, and HTML with its links. */
export function readable({ parsed }: ReceivedMail): string {
  return [parsed.subject, parsed.text, parsed.html].join("\n");
}

/** The addresses its HTML links to, in order. */
export function linksOf({ parsed }: ReceivedMail): URL[] {
  const html = parsed.html === false ? "" : parsed.html;
  return [...html.matchAll(/<a [^>]*href="([^"]*)"/g)].map(
    ([, href = ""]) => new URL(href.replaceAll("&amp;", "&")),
  );
}
