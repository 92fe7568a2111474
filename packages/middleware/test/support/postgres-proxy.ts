/** Owns a way to a PostgreSQL server that can be cut at a chosen moment: between any two messages, or for good. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { ownPort } from "../../../../test-support/own-port.mjs";
import { closeAfterTest } from "./stages.js";

/** What happens when a client sends what is waited for. */
export type Cut = "before" | "after";

export interface PostgresProxy {
  /** The server's URL, by way of the proxy. */
  url: string;
  /** The next message that holds `text` cuts its connection: before the server has it, or once it answers with `answer`. */
  cutAt(text: string, cut: Cut, answer?: string): void;
  /** Ends every connection. */
  cutAll(): void;
  /** Nobody gets through until `accept`. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /** Connections stay open, and nothing passes any more. */
  fallSilent(): void;
}

/** Starts one in front of the server of a URL. It goes away after the test. */
export async function postgresProxy(serverUrl: string): Promise<PostgresProxy> {
  const target = new URL(serverUrl);
  const [serverPort, serverHost] = [Number(target.port), target.hostname];
  const pairs = new Set<{ client: Socket; server: Socket }>();
  let waited: { text: string; cut: Cut; answer: string } | null = null;
  let isSilent = false;

  const end = (pair: { client: Socket; server: Socket }) => {
    pairs.delete(pair);
    pair.client.destroy();
    pair.server.destroy();
  };
  const listener: Server = createServer((client) => {
    const server = connect(serverPort, serverHost);
    const pair = { client, server };
    pairs.add(pair);
    let lastAnswer: string | null = null;
    client.on("data", (chunk) => {
      if (isSilent) return;
      if (waited !== null && chunk.includes(waited.text)) {
        const { cut, answer } = waited;
        waited = null;
        if (cut === "before") return end(pair);
        lastAnswer = answer;
      }
      server.write(chunk);
    });
    server.on("data", (chunk) => {
      if (isSilent) return;
      if (lastAnswer === null) client.write(chunk);
      else if (chunk.includes(lastAnswer)) end(pair);
    });
    for (const socket of [client, server]) {
      socket.on("error", () => end(pair));
      socket.on("close", () => end(pair));
    }
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => listener.listen(port, "127.0.0.1", () => resolve()));
  const port = await ownPort();
  await listen(port);
  const cutAll = () => [...pairs].forEach(end);
  const refuse = () =>
    new Promise<void>((resolve) => {
      listener.close(() => resolve());
      cutAll();
    });
  closeAfterTest(async () => {
    if (listener.listening) await refuse();
  });
  target.port = String(port);
  return {
    url: target.href,
    cutAt(text, cut, answer = "") {
      waited = { text, cut, answer };
    },
    cutAll,
    refuse,
    accept: () => listen(port),
    fallSilent() {
      isSilent = true;
    },
  };
}
