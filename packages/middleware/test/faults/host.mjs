// A host of the crash tests, run by plain Node on the built packages: it listens on any port, says which, and is killed.
// Arguments: the database file, the issuer whose ID-JAGs it trusts, the port to listen on (0: any).
import { agentAuth } from "@agent-auth/middleware";
import express from "express";

const [file, provider, port] = process.argv.slice(2);
const alice = { id: "usr_alice", email: "alice@example.com", emailVerified: true };
const auth = agentAuth({
  issuer: "https://notes.example",
  resourceName: "Crash Notes",
  scopes: { "api.read": "Read your notes", "api.write": "Write and delete your notes" },
  preClaimScopes: ["api.read"],
  secrets: ["a secret for tests, thirty-two bytes or more"],
  storage: `sqlite:${file}`,
  limits: false,
  logger: { debug() {}, info() {}, warn() {}, error: (fields, message) => console.error(message, fields) },
  dangerouslyAllowPrivateNetwork: true,
  trustedProviders: [{ issuer: provider, name: "Provider of the test" }],
  accounts: {
    currentUser: (request) => (request.get("x-test-person") === "alice" ? alice : null),
    loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
    findById: (id) => (id === alice.id ? alice : { id }),
    findByEmail: (email) => (email === alice.email ? alice : null),
    create: ({ email, idempotencyKey }) => ({ id: idempotencyKey, email: email ?? "" }),
  },
});
const app = express();
app.use(auth);
app.get("/api/notes", auth.requireAgent("api.read"), (request, response) => {
  response.json({ agent: request.agent.registrationId });
});
app.post("/test/revoke/:id", async (request, response) => {
  const actor = { kind: "operator", id: "op_1" };
  response.json({ revoked: await auth.revokeRegistration(request.params.id, { actor, reason: "test" }) });
});
await auth.ready();
const server = app.listen(Number(port), "127.0.0.1", () => {
  process.stdout.write(`${server.address().port}\n`);
});
