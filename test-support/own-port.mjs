// Ports for servers that are not there yet, or go away and come back.
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below what systems hand out to whoever asks for any port: what is closed here is nobody else's a moment later. */
const [first, beyond] = [20_000, 32_000];

/** A port of 127.0.0.1 that nobody listens at, and that no other test is given by the system meanwhile. */
export async function ownPort() {
  const port = randomInt(first, beyond);
  const isFree = await new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
  return isFree ? port : ownPort();
}
