/** Owns a listening socket: open before there is anything to serve (its address may be needed), closed cleanly. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

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

/** The port could not be opened. `variable` is where it came from. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code: string | undefined;
  constructor(
    readonly variable: string,
    cause: NodeJS.ErrnoException,
  ) {
    super(cause.message, { cause });
    this.code = cause.code;
  }
}

export interface Listener {
  port: number;
  /** From now on. Requests that come before are asked to come back. */
  serve(handler: RequestListener): void;
  /** Stops taking connections, lets requests in flight finish, then closes what is left. */
  drain(): Promise<void>;
  /** Closes at once. */
  abort(): void;
}

/** Opens a port of 127.0.0.1. Rejects with `ListenError`. */
export async function openListener(port: number, variable: string): Promise<Listener> {
  const server = createServer({ headersTimeout: 15_000, requestTimeout: 30_000 });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
    socket.end(unreadable[error.code ?? ""] ?? malformed);
  });
  const tooEarly: RequestListener = (request) => request.socket.end(starting);
  server.on("request", tooEarly);

  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(new ListenError(variable, error));
    server.once("error", fail);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", fail);
      resolve();
    });
  });

  return {
    port: (server.address() as AddressInfo).port,
    serve(handler) {
      server.off("request", tooEarly);
      server.on("request", handler);
    },
    drain: () =>
      new Promise((resolve) => {
        // A connection becomes idle when its last answer is sent, so idle ones are looked for until none is left.
        const idle = setInterval(() => server.closeIdleConnections(), idleCheckMilliseconds);
        const deadline = setTimeout(() => server.closeAllConnections(), drainMilliseconds);
        server.close(() => {
          clearInterval(idle);
          clearTimeout(deadline);
          resolve();
        });
        server.closeIdleConnections();
      }),
    abort() {
      server.closeAllConnections();
      server.close();
    },
  };
}
