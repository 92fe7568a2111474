// A node of a service, run by plain Node on the built packages: it listens on any port and says which, says "ready" when
// it can serve, and does under /test what operators and time do. Argument: its settings, as JSON (`node-process.ts`).
import { agentAuth } from "@agent-auth/middleware";
import express from "express";

const { storage, provider, mail, limits, backgroundWork } = JSON.parse(process.argv[2]);
const people = [
  { id: "usr_alice", email: "alice@example.com", emailVerified: true },
  { id: "usr_bob", email: "bob@example.com", emailVerified: true },
];
let secondsAhead = 0;
const auth = agentAuth({
  issuer: "https://notes.example",
  resourceName: "Notes on Nodes",
  scopes: { "api.read": "Read your notes", "api.write": "Write and delete your notes" },
  preClaimScopes: ["api.read"],
  secrets: ["a secret for tests, thirty-two bytes or more"],
  storage,
  limits,
  backgroundWork,
  clock: { now: () => Math.floor(Date.now() / 1000) + secondsAhead },
  logger: {
    ...{ debug() {}, info() {}, warn() {} },
    error: (fields, message) => console.error(message, fields),
  },
  dangerouslyAllowPrivateNetwork: true,
  trustedProviders: [{ issuer: provider, name: "Provider of the test" }],
  ...(mail === null ? {} : { mail: { smtp: mail, from: "Notes <no-reply@notes.example>", ...manyMails() } }),
  accounts: {
    currentUser: (request) => people.find(({ id }) => id === `usr_${request.get("x-test-person")}`) ?? null,
    loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
    findById: (id) => people.find((person) => person.id === id) ?? { id },
    findByEmail: (email) => people.find((person) => person.email === email) ?? null,
    create: ({ email, idempotencyKey }) => ({ id: idempotencyKey, email: email ?? "" }),
  },
});

function manyMails() {
  const caps = ["perAddressPerHour", "perAddressPerDay", "perIpPerHour", "perRegistrationPerDay"];
  return Object.fromEntries(caps.map((cap) => [cap, 1_000_000]));
}

const operator = { operatorId: "op_1", reason: "test", ip: null };
const verbs = {
  revoke: ({ id }) =>
    auth.revokeRegistration(id, { actor: { kind: "operator", id: "op_1" }, reason: "test" }),
  rotate: () => auth.rotateKeys(),
  sweep: () => auth.sweep(),
  health: () => auth.health(),
  advance: ({ seconds }) => {
    secondsAhead += seconds;
  },
  saveProvider: ({ given, seen }) => auth.admin.saveProvider(given, operator, seen),
  findProvider: ({ issuer }) => auth.admin.findProvider(issuer),
  switchProvider: ({ issuer, disabled }) => auth.admin.setProviderDisabled(issuer, disabled, operator),
  startJob: (input) => auth.admin.startJob({ ...input, operator }),
  findJob: ({ id }) => auth.admin.findJob(id),
};

const app = express();
app.use(auth);
app.get("/api/notes", auth.requireAgent("api.read"), (request, response) => {
  response.json({ agent: request.agent.registrationId });
});
// As the host of the crash tests has it, so that their ledger can be kept here.
app.post("/test/revoke/:id", async (request, response) => {
  response.json({ revoked: await verbs.revoke(request.params) });
});
app.post("/test/:verb", express.json(), async (request, response) => {
  response.json((await verbs[request.params.verb](request.body)) ?? null);
});
const server = app.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
await auth.ready();
process.stdout.write("ready\n");
