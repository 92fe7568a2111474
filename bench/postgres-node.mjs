// One node of postgres.mjs: an Express app behind the middleware, on the storage its first argument has as JSON, for the
// issuer in its second one; without that it is its own. Sends where it listens, answers each message with the CPU time it
// has used, and ends when its parent goes.
import { createServer } from "node:http";
import { agentAuth } from "@agent-auth/middleware";
import express from "express";

const [storage, givenIssuer] = process.argv.slice(2);
let app;
const server = createServer((request, response) => app(request, response));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}`;
const auth = agentAuth({
  issuer: givenIssuer ?? url,
  resourceName: "Bench",
  scopes: { "api.read": "Read your notes", "api.write": "Write your notes" },
  preClaimScopes: ["api.read"],
  storage: JSON.parse(storage),
  limits: false,
  backgroundWork: false,
  logger: { debug() {}, info() {}, warn: console.warn, error: console.error },
  accounts: { currentUser: () => null, loginUrl: () => "/login", findById: () => null },
});
app = express();
app.use(auth);
app.get("/api/notes", auth.requireAgent("api.read"), (_request, response) => response.json({ notes: [] }));
await auth.ready();

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuMicroseconds: user + system });
});
process.on("disconnect", async () => {
  await auth.close();
  process.exit();
});
process.send({ url });
