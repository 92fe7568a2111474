// The apps that are measured, each a function from its own origin to an Express or Koa listener.
import { agentAuth } from "@agent-auth/middleware";
import express from "express";
import { generateKeyPair, jwtVerify, SignJWT } from "jose";
import { Provider } from "oidc-provider";

const answer = (_request, response) => response.json({ notes: [] });

/** Express with nothing of ours in it: shows what mounting the middleware costs the routes it does not guard. */
export function bare() {
  const app = express();
  app.get("/api/notes", answer);
  return app;
}

/** The middleware with a guarded and an open route. `auth` is closed by whoever started it. */
export function guarded(issuer, file) {
  const auth = agentAuth({
    issuer,
    resourceName: "Bench",
    scopes: { "api.read": "Read your notes", "api.write": "Write your notes" },
    preClaimScopes: ["api.read"],
    storage: `sqlite:${file}`,
    limits: false,
    backgroundWork: false,
    logger: { debug() {}, info() {}, warn: console.warn, error: console.error },
    accounts: { currentUser: () => null, loginUrl: () => "/login", findById: () => null },
  });
  const app = express();
  app.use(auth);
  app.get("/api/notes", auth.requireAgent("api.read"), answer);
  app.get("/open/notes", answer);
  return { app, auth };
}

/** What many services do today: a JWT checked with jose in front of the same handler. Cannot be revoked. */
export async function joseGuard(issuer) {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const app = express();
  app.get("/api/notes", async (request, response, next) => {
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    await jwtVerify(token, publicKey, { issuer, audience: issuer, algorithms: ["ES256"] });
    return answer(request, response, next);
  });
  const jwt = await new SignJWT({ scope: "api.read" })
    .setProtectedHeader({ alg: "ES256" })
    .setIssuer(issuer)
    .setAudience(issuer)
    .setExpirationTime("1d")
    .sign(privateKey);
  return { app, jwt };
}

/**
 * oidc-provider with the adapter it ships, which keeps everything in memory, so nothing of it survives a restart: the
 * client credentials grant, opaque access tokens, a client secret in the form.
 */
export function oidcProvider(issuer) {
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "bench",
        client_secret: "a-secret-of-the-benchmark-and-of-nothing-else",
        token_endpoint_auth_method: "client_secret_post",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    ttl: { ClientCredentials: () => 3600 },
  });
  return provider.callback();
}
