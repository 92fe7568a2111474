// Servers under load: a process for each of the apps that are compared, all on one core, so that no app pays for what
// another one has loaded or switched on, nor for the prototypes every Express app has of its own, which make the engine
// slower for each. Started by run.mjs with the name of the app and its parameters; sends one message
// with the requests to make, answers each message after that with the CPU time it has used, and ends when its parent
// goes.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bare, guarded, joseGuard, oidcProvider } from "./apps.mjs";
import { grownFile, issueTokens } from "./grown.mjs";

const [name, ...parameters] = process.argv.slice(2);
const closings = [];

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
  let opened;
  const url = await serve((issuer) => {
    opened = guarded(issuer, file);
    return opened.app;
  });
  await opened.auth.ready();
  closings.push(() => opened.auth.close());
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

async function ours() {
  const folder = mkdtempSync(join(tmpdir(), "agent-auth-bench-"));
  const url = await serveGuarded(join(folder, "bench.db"));
  closings.push(() => rmSync(folder, { recursive: true, force: true }));
  const registration = { method: "POST", headers: json, body: JSON.stringify({ type: "anonymous" }) };
  const { identity_assertion: assertion } = await post(`${url}/agent/identity`, registration);
  const grant = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion };
  const exchange = { method: "POST", headers: form, body: `${new URLSearchParams(grant)}` };
  const { access_token: accessToken } = await post(`${url}/oauth2/token`, exchange);
  const requests = {
    unguarded: { url: `${url}/open/notes`, headers: bearer(accessToken) },
    guarded: { url: `${url}/api/notes`, headers: bearer(accessToken) },
    registration: { url: `${url}/agent/identity`, ...registration },
    exchange: { url: `${url}/oauth2/token`, ...exchange },
  };
  return requests;
}

/** Ours on two databases that have grown, in one process: what is compared is the databases and nothing else. */
async function grown(small, large, tokens) {
  const requests = {};
  for (const [size, rows] of Object.entries({ small, large })) {
    const file = await grownFile(Number(rows));
    const url = await serveGuarded(file);
    requests[size] = { url: `${url}/api/notes`, tokens: issueTokens(file, url, Number(tokens)) };
  }
  return requests;
}

async function express() {
  // As long as a token of ours: reading headers is a part of what a request costs.
  return { bare: { url: `${await serve(bare)}/api/notes`, headers: bearer("x".repeat(42)) } };
}

async function jose() {
  let jwt;
  const url = await serve(async (issuer) => {
    const made = await joseGuard(issuer);
    jwt = made.jwt;
    return made.app;
  });
  return { jose: { url: `${url}/api/notes`, headers: bearer(jwt) } };
}

async function oidc() {
  const url = await serve(oidcProvider);
  const grant = {
    grant_type: "client_credentials",
    client_id: "bench",
    client_secret: "a-secret-of-the-benchmark-and-of-nothing-else",
  };
  const request = { method: "POST", headers: form, body: `${new URLSearchParams(grant)}` };
  await post(`${url}/token`, request);
  return { oidc: { url: `${url}/token`, ...request } };
}

const requests = await { ours, grown, express, jose, oidc }[name](...parameters);
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuMicroseconds: user + system });
});
process.on("disconnect", async () => {
  for (const close of closings.reverse()) await close();
  process.exit();
});
process.send(requests);
