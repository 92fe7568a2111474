/** Owns sending a hostile request to a listening host and reading what comes back, whatever it is. */
import { once } from "node:events";
import { Agent, createServer, type IncomingHttpHeaders, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import type { Express } from "express";
import type { Submission } from "./submissions.js";

export interface HostileRequest {
  method: string;
  path: string;
  headers: Record<string, string | string[]>;
  body: Buffer | null;
  /** Where it should get past the guard of forms. */
  submission?: Pick<Submission, "door" | "isWhole">;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** An answer that takes longer is a hang. Generous: machines that test are busy. */
const patienceMs = 20_000;

export interface Wire {
  send(request: HostileRequest): Promise<Answer>;
  close(): Promise<void>;
}

export async function listen(app: Express): Promise<Wire> {
  const server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  return {
    send: ({ method, path, headers, body }) =>
      new Promise<Answer>((resolve, reject) => {
        const place = { host: "127.0.0.1", port, agent, timeout: patienceMs };
        const length = body === null ? {} : { "content-length": String(body.length) };
        const sent = send({ ...place, method, path, headers: { ...headers, ...length } }, (response) => {
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.on("error", reject);
          response.on("end", () => {
            const { statusCode = 0, headers: answered } = response;
            resolve({ status: statusCode, headers: answered, body: Buffer.concat(pieces).toString("utf8") });
          });
        });
        sent.on("timeout", () => sent.destroy(new Error("no answer: the request hangs")));
        sent.on("error", reject);
        sent.end(body ?? undefined);
      }),
    async close() {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
