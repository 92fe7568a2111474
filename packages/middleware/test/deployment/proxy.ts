/** Owns a reverse proxy on a port of its own: it rewrites paths, says who called, and passes everything else on. */
import { request as httpRequest } from "node:http";
import { listening } from "../support/stages.js";
import type { Host } from "./host.js";

export interface ProxyRules {
  /** The path inside for a path outside, both with their queries; null for what is not served. */
  inside?: (path: string) => string | null;
  /** Headers it sets, next to those of the client. */
  headers?: Record<string, string>;
}

/** The same site, entered through a proxy. */
export async function behindProxy(host: Host, { inside = (path) => path, headers = {} }: ProxyRules) {
  const { port } = await listening((request, response) => {
    const path = inside(request.url ?? "/");
    if (path === null) return void response.writeHead(502).end("the proxy knows no such place");
    const forwarded = httpRequest({
      host: "127.0.0.1",
      port: host.port,
      method: request.method,
      path,
      headers: { ...request.headers, ...headers },
      agent: false,
    });
    forwarded.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    forwarded.on("error", () => response.destroy());
    request.pipe(forwarded);
  });
  return { ...host, port };
}
