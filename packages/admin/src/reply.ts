/** Owns what a page's handler returns and the one function that writes it. Handlers never touch the response object. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { PageContent } from "./views/page.js";

/** What a handler answers with. */
export type Reply =
  | { kind: "page"; status: number; page: PageContent; headers?: Record<string, string> }
  /** After an action: 303, with a message on the page it leads to. */
  | { kind: "redirect"; location: string }
  /** A download, piece by piece. */
  | { kind: "download"; contentType: string; fileName: string; pieces: AsyncIterator<string> };

/** An answer with everything rendered. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function writeAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body);
  setHeaders(response, answer.status, answer.headers);
  response.setHeader("Content-Length", body.length);
  response.end(request.method === "HEAD" ? undefined : body);
}

/**
 * Writes a download as fast as it is read. The first piece is made before the headers go out, so that a failure there
 * is still a page; a later one breaks the connection, so that nobody takes a part for the whole.
 */
export async function writeDownload(
  request: IncomingMessage,
  response: ServerResponse,
  headers: Record<string, string>,
  pieces: AsyncIterator<string>,
): Promise<void> {
  let piece = await pieces.next();
  setHeaders(response, 200, headers);
  if (request.method === "HEAD") {
    response.end();
    await pieces.return?.();
    return;
  }
  try {
    while (piece.done !== true && !response.destroyed) {
      if (!response.write(piece.value))
        await Promise.race([once(response, "drain"), once(response, "close")]);
      piece = await pieces.next();
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    await pieces.return?.();
  }
}

function setHeaders(response: ServerResponse, status: number, headers: Record<string, string>): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    // Appended: the host may have set cookies of its own.
    if (name === "Set-Cookie") response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
}
