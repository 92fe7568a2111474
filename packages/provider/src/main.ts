#!/usr/bin/env node
/** The command `agent-provider`: the provider as a server of its own. Its settings come from the environment. */
import { createServer } from "node:http";
import express from "express";
import { agentProvider } from "./agent-provider.js";
import { readEnvironment } from "./environment.js";
import type { Logger } from "./ports.js";
import { pathOf } from "./protocol/issuer.js";
import { paths } from "./protocol/metadata.js";

/** One line each, for a person in front of a terminal. */
const log =
  (stream: NodeJS.WriteStream): Logger["info"] =>
  (fields, message) => {
    stream.write(
      `${message} ${JSON.stringify(fields, (_name, value) => (value instanceof Error ? String(value) : value))}\n`,
    );
  };
const logger: Logger = {
  debug: () => {},
  info: log(process.stdout),
  warn: log(process.stderr),
  error: log(process.stderr),
};

async function main(): Promise<void> {
  const { port, host, options } = readEnvironment(process.env);
  const provider = agentProvider({ ...options, logger });
  await provider.ready();
  const app = express();
  app.disable("x-powered-by");
  app.use(provider);
  app.get("/", (_request, response) => response.redirect(pathOf(provider.issuer) + paths.delegations));
  const server = createServer(app);
  server.listen(port, host, () => {
    process.stdout.write(`agent-provider: ${provider.issuer} (for development and tests)\n`);
  });
  server.on("error", (error) => {
    process.stderr.write(`agent-provider cannot listen on ${host}:${port}: ${error.message}\n`);
    process.exit(1);
  });
  const stop = () => {
    server.close(() => void provider.close().then(() => process.exit(0)));
    server.closeIdleConnections();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
