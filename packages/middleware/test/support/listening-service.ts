/** Owns a service on a port of its own, with that address as its issuer, for clients that fetch by themselves. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { AgentAuthOptions } from "@agent-auth/middleware";
import { closeAfterTest, stage } from "./stages.js";
import type { World } from "./world.js";

export interface ListeningService {
  issuer: URL;
  world: World;
}

/** Listens until the test ends. `path` is the issuer's; `optionsAt` is given the origin. */
export async function listeningService(
  path = "",
  optionsAt: (origin: string) => Partial<AgentAuthOptions> = () => ({}),
): Promise<ListeningService> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closeAfterTest(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = origin + path;
  const world = await stage({ options: { issuer, ...optionsAt(origin) } });
  server.on("request", world.app);
  return { issuer: new URL(issuer), world };
}
