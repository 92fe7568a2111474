/** Owns a real service on this computer that takes Security Event Tokens and answers as it is told. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  token: string;
  contentType: string | undefined;
}

export interface Receiver {
  /** The service's issuer URL. */
  issuer: string;
  received: Received[];
  /** Paths of every request. */
  requests: string[];
  /** What the next events are answered with, in turn; 202 when empty. */
  answers: { status: number; body?: object; headers?: Record<string, string> }[];
  /** The service's metadata; may be changed. */
  metadata: Record<string, unknown>;
  close(): Promise<void>;
}

/** With a `path` the issuer has one, and its metadata is behind the well-known part. */
export async function receiver({ path = "" } = {}): Promise<Receiver> {
  const received: Received[] = [];
  const requests: string[] = [];
  const answers: Receiver["answers"] = [];
  const metadata: Record<string, unknown> = {};
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    if (request.url === `/.well-known/oauth-authorization-server${path}`) {
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(metadata));
    } else if (request.url === `/.well-known/oauth-protected-resource${path}`) {
      response.end(JSON.stringify({ resource: metadata.issuer, resource_name: "Example Notes" }));
    } else if (request.url === `${path}/events` && request.method === "POST") {
      let token = "";
      request.on("data", (chunk: Buffer) => {
        token += chunk.toString();
      });
      request.on("end", () => {
        received.push({ token, contentType: request.headers["content-type"] });
        const { status, body, headers = {} } = answers.shift() ?? { status: 202 };
        response.writeHead(status, headers);
        response.end(body === undefined ? undefined : JSON.stringify(body));
      });
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  Object.assign(metadata, { issuer, agent_auth: { events_endpoint: `${issuer}/events` } });
  return {
    issuer,
    received,
    requests,
    answers,
    metadata,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
