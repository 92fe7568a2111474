// The server of memory.mjs: says where it listens, answers each message with its memory after a collection.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { guarded } from "./apps.mjs";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");
const folder = mkdtempSync(join(tmpdir(), "agent-auth-memory-"));
const file = join(folder, "memory.db");
let handler;
const server = createServer((request, response) => handler(request, response));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}`;
const { app, auth } = guarded(url, file);
handler = app;
await auth.ready();
process.on("message", () => {
  collectGarbage();
  process.send(process.memoryUsage());
});
process.on("disconnect", async () => {
  await auth.close();
  rmSync(folder, { recursive: true, force: true });
  process.exit();
});
process.send({ url, file });
