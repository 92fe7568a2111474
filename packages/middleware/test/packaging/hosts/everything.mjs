// A host with all of it: the service, the operators' dashboard, and the sample provider that it trusts.

import { agentAdmin } from "@agent-auth/admin";
import { agentAuth } from "@agent-auth/middleware";
import { agentProvider } from "@agent-auth/provider";
import express from "express";

const port = process.env.PORT;
const issuer = `http://localhost:${port}`;
const provider = agentProvider({ issuer: `${issuer}/idp`, storage: "sqlite::memory:" });
const users = [];
const auth = agentAuth({
  issuer,
  resourceName: "Example Notes",
  scopes: { "api.read": "Read your notes" },
  preClaimScopes: ["api.read"],
  storage: "sqlite::memory:",
  trustedProviders: [{ issuer: provider.issuer, name: "Example AI" }],
  dangerouslyAllowPrivateNetwork: true,
  accounts: {
    currentUser: () => null,
    loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
    findById: (id) => users.find((user) => user.id === id) ?? null,
    findByEmail: (email) => users.find((user) => user.email === email) ?? null,
    create: ({ email, idempotencyKey: id }) => {
      const user = { id, email, emailVerified: true };
      users.push(user);
      return user;
    },
  },
});

const app = express();
app.use(provider.wellKnown);
app.use("/idp", provider);
app.get("/mint", async (_request, response) => {
  response.json({ assertion: await provider.mintIdJag({ userId: "usr_alice", audience: issuer }) });
});
app.use(auth);
app.get("/api/notes", auth.requireAgent("api.read"), (request, response) => {
  response.json({ agent: request.agent.registrationId, user: request.agent.user });
});
const operators = { olga: { id: "op_1", name: "Olga", role: "admin" } };
app.use(
  "/admin/agents",
  agentAdmin(auth, { authorize: (request) => operators[request.get("x-operator")] ?? null }),
);
app.use(auth.errorHandler);
auth.ready().then(() => app.listen(port));
