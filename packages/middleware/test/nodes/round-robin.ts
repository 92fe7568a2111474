/**
 * Owns a balancer in front of nodes: every request goes to the next one that is in. A node whose connection fails is
 * taken out; a request it may have had is answered with 502 unless it is safe to send again, as balancers do.
 */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { listening } from "../support/stages.js";

export interface Balancer {
  origin: string;
  /** Origins of the nodes that are in. */
  nodes(): string[];
  /** Requests each node has answered, by origin. */
  answered: Map<string, number>;
}

/** Listens until the test ends. */
export async function roundRobin(origins: string[]): Promise<Balancer> {
  const inside = [...origins];
  const answered = new Map<string, number>(origins.map((origin) => [origin, 0]));
  let turn = 0;

  function forward(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    turn += 1;
    const origin = inside[turn % inside.length];
    if (origin === undefined) return void response.writeHead(503).end();
    const { method, url: path, headers } = request;
    const { hostname: host, port } = new URL(origin);
    const forwarded = httpRequest({ host, port, method, path, headers, agent: false });
    forwarded.on("response", (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", () => response.destroy());
      answer.on("end", () => {
        answered.set(origin, (answered.get(origin) ?? 0) + 1);
        response.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks));
      });
    });
    forwarded.on("error", (error: NodeJS.ErrnoException) => {
      if (inside.includes(origin)) inside.splice(inside.indexOf(origin), 1);
      const isUnsent = error.code === "ECONNREFUSED";
      if (isUnsent || method === "GET") forward(request, body, response);
      else if (!response.headersSent) response.writeHead(502).end();
    });
    forwarded.end(body);
  }

  const { url } = await listening((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => forward(request, Buffer.concat(chunks), response));
  });
  return { origin: url, nodes: () => [...inside], answered };
}
