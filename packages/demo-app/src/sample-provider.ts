/** Owns the sample provider: an identity provider of its own that the demo runs next to itself and trusts. */
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AgentProvider, type AgentProviderOptions, agentProvider } from "@agent-auth/provider";
import express, { type Express } from "express";
import type { Logger } from "pino";

const icon = fileURLToPath(new URL("assets/mark.svg", import.meta.url));

export const providerName = "Sample Provider";

/** People of the provider. Carol has an account there and none at the demo, until an agent of hers comes along. */
export const providerAccounts = ["alice", "bob", "carol"].map((name) => ({
  email: `${name}@example.com`,
  password: `${name}-demo`,
}));

export function providerIssuer(port: number): string {
  return `http://localhost:${port}`;
}

/** Next to the demo's file, under its name: `demo.db` and `demo-provider.db`. */
function providerDatabase(demoDatabase: string | null): string {
  if (demoDatabase === null) return ":memory:";
  const extension = extname(demoDatabase);
  return join(dirname(demoDatabase), `${basename(demoDatabase, extension)}-provider${extension}`);
}

export interface SampleProvider {
  app: Express;
  provider: AgentProvider;
}

export interface SampleProviderOptions {
  /** Where the demo's file is; null keeps everything in memory. */
  demoDatabase: string | null;
  secret: string;
  keyAlgorithm: NonNullable<AgentProviderOptions["keyAlgorithm"]>;
  logger: Logger;
}

/** Builds the provider for a known address; it does not listen. */
export function createSampleProvider(issuer: string, options: SampleProviderOptions): SampleProvider {
  const provider = agentProvider({
    issuer,
    name: providerName,
    storage: `sqlite:${providerDatabase(options.demoDatabase)}`,
    secrets: [options.secret],
    keyAlgorithm: options.keyAlgorithm,
    // Cookies ignore ports: neither the demo's nor the one of a provider that somebody else runs here.
    cookieName: "demo_provider_session",
    // The demo, which it tells about revocations, is on this computer as well.
    dangerouslyAllowPrivateNetwork: true,
    logger: options.logger.child({ part: "provider" }),
  });
  const app = express();
  app.disable("x-powered-by");
  app.use(provider);
  // Browsers ask for it; the provider's pages name no icon.
  app.get("/favicon.ico", (_request, response) => response.sendFile(icon));
  app.get("/", (_request, response) => response.redirect("/delegations"));
  return { app, provider };
}
