/** Owns TypeScript hosts that use the types of all packages, one for each way in which TypeScript looks modules up. */

const body = `
const options: AgentAuthOptions = {
  issuer: "https://api.example.com",
  resourceName: "Example Notes",
  scopes: { "api.read": "Read your notes" },
  preClaimScopes: ["api.read"],
  secrets: ["0123456789abcdef0123456789abcdef"],
  storage: "sqlite::memory:",
  accounts: {
    currentUser: (request: Request) =>
      request.headers.cookie === undefined ? null : { id: "1", email: "a@example.com", emailVerified: true },
    loginUrl: (returnTo) => "/login?return_to=" + encodeURIComponent(returnTo),
    findById: async (id) => ({ id }),
  },
};
const auth: AgentAuth = agentAuth(options);
const provider: AgentProvider = agentProvider({ issuer: "http://localhost:4000", storage: "sqlite::memory:" });
const admin: AgentAdminOptions = {
  authorize: async (request) => {
    const operator: Operator = { id: "1", name: "Olga", role: "viewer" };
    return request.get("x-operator") === undefined ? null : operator;
  },
};
const app = express();
app.use(auth);
app.use("/idp", provider);
app.use("/admin/agents", agentAdmin(auth, admin));
app.get("/api/notes", auth.requireAgent("api.read"), (request, response) => {
  const agent: Agent | undefined = request.agent;
  const owner: string | null = agent?.user?.id ?? null;
  response.json({ owner, scopes: agent?.scopes ?? [] });
});
app.use(auth.errorHandler);
auth.on("claim.confirmed", ({ registrationId, userId }) => console.log(registrationId.length, userId.length));
provider.mintIdJag({ userId: "1", audience: "https://api.example.com" }).then((text: string) => console.log(text));
fixedClock().advance(10);
// @ts-expect-error not an event
auth.on("claim.eaten", () => {});
// @ts-expect-error resourceName is missing
const incomplete: AgentAuthOptions = { ...options, resourceName: undefined };
// @ts-expect-error without authorize there is no dashboard
agentAdmin(auth, {});
const problems: { path: string; message: string }[] = new OptionsError([]).problems;
console.log(incomplete, problems);
`;

const modules = `
import express, { type Request } from "express";
import { agentAdmin, type AgentAdminOptions, type Operator } from "@agent-auth/admin";
import { type Agent, type AgentAuth, agentAuth, type AgentAuthOptions, OptionsError } from "@agent-auth/middleware";
import { fixedClock } from "@agent-auth/middleware/testing";
import { agentProvider, type AgentProvider } from "@agent-auth/provider";
`;

// TypeScript's own form of \`require\`, which keeps the types.
const commonJs = `
import express = require("express");
import admin_ = require("@agent-auth/admin");
import middleware = require("@agent-auth/middleware");
import testing = require("@agent-auth/middleware/testing");
import provider_ = require("@agent-auth/provider");
const { agentAdmin } = admin_;
const { agentAuth, OptionsError } = middleware;
const { fixedClock } = testing;
const { agentProvider } = provider_;
type Request = express.Request;
type AgentAdminOptions = admin_.AgentAdminOptions;
type Operator = admin_.Operator;
type Agent = middleware.Agent;
type AgentAuth = middleware.AgentAuth;
type AgentAuthOptions = middleware.AgentAuthOptions;
type AgentProvider = provider_.AgentProvider;
`;

export const typescriptHosts: Record<string, { file: string; source: string; options: object }> = {
  "module resolution node16, with every declaration checked": {
    file: "host.mts",
    source: modules + body,
    options: { module: "Node16", moduleResolution: "node16" },
  },
  "module resolution bundler": {
    file: "host.ts",
    source: modules + body,
    options: { module: "ESNext", moduleResolution: "bundler", skipLibCheck: true },
  },
  "module resolution nodenext, from CommonJS": {
    file: "host.cts",
    source: commonJs + body,
    options: { module: "NodeNext", moduleResolution: "nodenext", skipLibCheck: true },
  },
};
