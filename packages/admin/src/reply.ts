/** Owns what a page's handler returns and the one function that writes it. Handlers never touch the response object. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { TLSSocket } from "node:tls";
import { forgetHostCors } from "@agent-auth/web/reply";
import type { PageContent } from "./views/page.js";

/** What a handler answers with. */
export type Reply =
  | { kind: "page"; status: number; page: PageContent; headers?: Record<string, string> }
  /** After an action: 303, with a message on the page it leads to. */
  | { kind: "redirect"; location: string; setCookie?: string }
  /** A download, piece by piece. A piece may be empty, when reading went on and found nothing to tell. */
  | { kind: "download"; contentType: string; fileName: string; pieces: AsyncIterator<string> };

/** An answer with everything rendered. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[]>;
  body: string;
}

export function writeAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body);
  setHeaders(response, answer.status, answer.headers);
  response.setHeader("Content-Length", body.length);
  response.end(request.method === "HEAD" ? undefined : body);
}

/**
 * Writes a download as fast as it is read, with a turn of the event loop after every piece: reading a database that
 * answers at once would otherwise keep every other request waiting until the last line. The first piece is made before the headers go out, so that a failure there
 * is still a page; a later one breaks the connection, so that nobody takes a part for the whole.
 */
export async function writeDownload(
  response: ServerResponse,
  headers: Answer["headers"],
  pieces: AsyncIterator<string>,
): Promise<void> {
  let piece = await pieces.next();
  setHeaders(response, 200, headers);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    while (piece.done !== true && !response.destroyed) {
      if (piece.value !== "" && !response.write(piece.value)) await drained(response, gone.signal);
      await setImmediate();
      piece = await pieces.next();
    }
    response.end();
  } catch (error) {
    breakOff(response);
    throw error;
  } finally {
    await pieces.return?.();
  }
}

/**
 * Ends a connection so that nobody takes what was sent for the whole. Without chunks, as old proxies ask for it (HTTP/1.0),
 * a mere close is the regular end of a file; a reset is not.
 */
function breakOff(response: ServerResponse): void {
  const { socket } = response;
  if (socket !== null && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
  else response.destroy();
}

/** Settles when more can be written, or when nobody is left to read it. */
async function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  await once(response, "drain", { signal: gone }).catch((error: unknown) => {
    if (!gone.aborted) throw error;
  });
}

function setHeaders(response: ServerResponse, status: number, headers: Answer["headers"]): void {
  response.statusCode = status;
  forgetHostCors(response);
  for (const [name, value] of Object.entries(headers)) {
    // Appended: the host may have set cookies of its own.
    if (name === "Set-Cookie") response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
}
