// The servers under load: one process, one listener per app, so that every app is measured on the same event loop.
// Started by run.mjs with the sizes of the grown databases; sends one message with the requests to make, answers each
// message after that with the CPU time it has used, and ends when its parent goes.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bare, guarded, joseGuard, oidcProvider } from "./apps.mjs";
import { grownFile, issueTokens } from "./grown.mjs";

const [small, large, tokensOfGrown] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "agent-auth-bench-"));
const opened = [];

/** Listens first, because the issuer of an app contains its port. */
async function serve(build) {
  let app;
  const server = createServer((request, response) => app(request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  app = await build(url);
  return url;
}

async function serveGuarded(file) {
  const url = await serve((issuer) => {
    const { app, auth } = guarded(issuer, file);
    opened.push(auth);
    return app;
  });
  await opened.at(-1).ready();
  return url;
}

async function post(url, init) {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };
const bearer = (token) => ({ authorization: `Bearer ${token}` });

const bareUrl = await serve(bare);
const url = await serveGuarded(join(folder, "bench.db"));
let jwt;
const joseUrl = await serve(async (issuer) => {
  const made = await joseGuard(issuer);
  jwt = made.jwt;
  return made.app;
});
const oidcUrl = await serve(oidcProvider);

const registration = { method: "POST", headers: json, body: JSON.stringify({ type: "anonymous" }) };
const { identity_assertion: assertion } = await post(`${url}/agent/identity`, registration);
const exchange = {
  method: "POST",
  headers: form,
  body: `${new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion })}`,
};
const { access_token: accessToken } = await post(`${url}/oauth2/token`, exchange);
const credentials = {
  method: "POST",
  headers: form,
  body: `${new URLSearchParams({
    grant_type: "client_credentials",
    client_id: "bench",
    client_secret: "a-secret-of-the-benchmark-and-of-nothing-else",
  })}`,
};
await post(`${oidcUrl}/token`, credentials);

const requests = {
  bare: { url: `${bareUrl}/api/notes`, headers: bearer(accessToken) },
  unguarded: { url: `${url}/open/notes`, headers: bearer(accessToken) },
  guarded: { url: `${url}/api/notes`, headers: bearer(accessToken) },
  jose: { url: `${joseUrl}/api/notes`, headers: bearer(jwt) },
  registration: { url: `${url}/agent/identity`, ...registration },
  exchange: { url: `${url}/oauth2/token`, ...exchange },
  oidc: { url: `${oidcUrl}/token`, ...credentials },
};
for (const [name, rows] of Object.entries({ small, large })) {
  const file = await grownFile(rows);
  const grownUrl = await serveGuarded(file);
  requests[name] = { url: `${grownUrl}/api/notes`, tokens: issueTokens(file, grownUrl, tokensOfGrown) };
}

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuMicroseconds: user + system });
});
process.on("disconnect", async () => {
  for (const auth of opened) await auth.close();
  rmSync(folder, { recursive: true, force: true });
  process.exit();
});
process.send(requests);
