/** Owns the listening socket: opens it before the demo is built (its address may be needed), closes it cleanly. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import { createDemo, type Demo } from "./app.js";
import type { Environment } from "./environment.js";

export interface RunningDemo extends Demo {
  server: Server;
  baseUrl: string;
  port: number;
}

const drainMilliseconds = 10_000;
const idleCheckMilliseconds = 50;

function answerWith(status: number, reason: string, error: string, message: string): string {
  const body = JSON.stringify({ error, message });
  return [
    `HTTP/1.1 ${status} ${reason}`,
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}

const unreadable = {
  HPE_HEADER_OVERFLOW: answerWith(
    431,
    "Request Header Fields Too Large",
    "headers_too_large",
    "Send fewer or shorter headers.",
  ),
  ERR_HTTP_REQUEST_TIMEOUT: answerWith(408, "Request Timeout", "request_timeout", "Send the request faster."),
} as Record<string, string>;
const malformed = answerWith(400, "Bad Request", "invalid_request", "This is not a readable HTTP request.");
const starting = answerWith(503, "Service Unavailable", "temporarily_unavailable", "The demo is starting.");

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Stops taking connections, lets requests in flight finish, then closes what is left. */
function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A connection becomes idle when its last answer is sent, so idle ones are looked for until none is left.
    const idle = setInterval(() => server.closeIdleConnections(), idleCheckMilliseconds);
    const deadline = setTimeout(() => server.closeAllConnections(), drainMilliseconds);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(deadline);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Listens, builds the demo for the address that came out, and waits until it can serve. */
export async function startServer(
  environment: Environment,
  { logger }: { logger: Logger },
): Promise<RunningDemo> {
  const server = createServer({ headersTimeout: 15_000, requestTimeout: 30_000 });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
    socket.end(unreadable[error.code ?? ""] ?? malformed);
  });
  const tooEarly = (request: { socket: { end(text: string): void } }) => request.socket.end(starting);
  server.on("request", tooEarly);

  const port = await listen(server, environment.port);
  const baseUrl = environment.baseUrl ?? `http://localhost:${port}`;
  try {
    const demo = await createDemo({ ...environment, baseUrl }, { logger });
    await demo.auth.ready();
    server.off("request", tooEarly);
    server.on("request", demo.app);
    return {
      ...demo,
      server,
      baseUrl,
      port,
      async close() {
        await drain(server);
        await demo.close();
      },
    };
  } catch (error) {
    server.closeAllConnections();
    server.close();
    throw error;
  }
}
