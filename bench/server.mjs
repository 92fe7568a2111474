// The servers under load: one process, one listener per app, so that every app is measured on the same event loop.
// Started by run.mjs; sends it one message with the requests to make, answers each message after that with the CPU
// time it has used, and ends when its parent goes.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentAuth } from "@agent-auth/middleware";
import express from "express";
import { generateKeyPair, jwtVerify, SignJWT } from "jose";

const folder = mkdtempSync(join(tmpdir(), "agent-auth-bench-"));
const answer = (_request, response) => response.json({ notes: [] });

/** Listens first, because the issuer of an app contains its port. */
async function serve(build) {
  let app;
  const server = createServer((request, response) => app(request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  app = await build(url);
  return url;
}

/** Express with nothing of ours in it: shows what mounting the middleware costs the routes it does not guard. */
const bare = await serve(() => {
  const app = express();
  app.get("/api/notes", answer);
  return app;
});

let auth;
const guarded = await serve((url) => {
  auth = agentAuth({
    issuer: url,
    resourceName: "Bench",
    scopes: { "api.read": "Read your notes" },
    preClaimScopes: ["api.read"],
    storage: `sqlite:${join(folder, "bench.db")}`,
    limits: false,
    accounts: { currentUser: () => null, loginUrl: () => "/login", findById: () => null },
  });
  const app = express();
  app.use(auth);
  app.get("/api/notes", auth.requireAgent("api.read"), answer);
  app.get("/open/notes", answer);
  return app;
});
await auth.ready();

const { privateKey, publicKey } = await generateKeyPair("ES256");
const joseGuarded = await serve((url) => {
  const app = express();
  app.get("/api/notes", async (request, response, next) => {
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    await jwtVerify(token, publicKey, { issuer: url, audience: url, algorithms: ["ES256"] });
    return answer(request, response, next);
  });
  return app;
});
const jwt = await new SignJWT({ scope: "api.read" })
  .setProtectedHeader({ alg: "ES256" })
  .setIssuer(joseGuarded)
  .setAudience(joseGuarded)
  .setExpirationTime("1h")
  .sign(privateKey);

const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };
const registration = { method: "POST", headers: json, body: JSON.stringify({ type: "anonymous" }) };

async function post(url, init) {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

const { identity_assertion: assertion } = await post(`${guarded}/agent/identity`, registration);
const exchange = {
  method: "POST",
  headers: form,
  body: `${new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion })}`,
};
const { access_token: accessToken } = await post(`${guarded}/oauth2/token`, exchange);

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuMicroseconds: user + system });
});
process.on("disconnect", async () => {
  await auth.close();
  rmSync(folder, { recursive: true, force: true });
  process.exit();
});
process.send({
  bare: { url: `${bare}/api/notes`, headers: { authorization: `Bearer ${accessToken}` } },
  unguarded: { url: `${guarded}/open/notes`, headers: { authorization: `Bearer ${accessToken}` } },
  guarded: { url: `${guarded}/api/notes`, headers: { authorization: `Bearer ${accessToken}` } },
  jose: { url: `${joseGuarded}/api/notes`, headers: { authorization: `Bearer ${jwt}` } },
  registration: { url: `${guarded}/agent/identity`, ...registration },
  exchange: { url: `${guarded}/oauth2/token`, ...exchange },
});
