/** Owns what runs: the demo and its sample provider, each on its port, started and stopped together. */
import type { AgentProvider } from "@agent-auth/provider";
import type { Logger } from "pino";
import { createDemo, type Demo } from "./app.js";
import type { Environment } from "./environment.js";
import { type Listener, openListener } from "./listener.js";
import { migrate } from "./migrate.js";
import {
  createSampleProvider,
  providerIssuer,
  type SampleProvider,
  type SampleProviderOptions,
} from "./sample-provider.js";
import { deriveProviderSecret, loadSecret } from "./secret.js";

export interface RunningDemo extends Demo {
  baseUrl: string;
  port: number;
  /** Null: it runs without one. */
  provider: AgentProvider | null;
}

export interface StartOptions {
  logger: Logger;
  /** Of the sample provider's first key. */
  keyAlgorithm?: SampleProviderOptions["keyAlgorithm"];
}

/** Listens, builds both for the addresses that came out, and waits until they can serve. */
export async function startServer(environment: Environment, options: StartOptions): Promise<RunningDemo> {
  const { logger, keyAlgorithm = "ES256" } = options;
  const own = await openListener(environment.port, "PORT");
  const baseUrl = environment.baseUrl ?? `http://localhost:${own.port}`;
  let beside: Listener | null = null;
  let demo: Demo | null = null;
  let sample: SampleProvider | null = null;

  async function close() {
    // The provider first: what it still has to tell, the demo can still hear.
    await beside?.drain();
    await sample?.provider.close();
    await own.drain();
    await demo?.close();
  }

  try {
    if (environment.providerPort !== null)
      beside = await openListener(environment.providerPort, "PROVIDER_PORT");
    const issuer = beside === null ? null : providerIssuer(beside.port);
    // Drawn once here: without a data folder each look would find another one.
    const secret = loadSecret(environment.secret, environment.databasePath);

    if (environment.postgresUrl !== undefined) await migrate(environment.postgresUrl);
    demo = await createDemo({ ...environment, baseUrl, secret }, { logger, providerIssuer: issuer });
    await demo.auth.ready();
    if (beside !== null && issuer !== null) {
      sample = createSampleProvider(issuer, {
        demoDatabase: environment.databasePath,
        secret: deriveProviderSecret(secret),
        keyAlgorithm,
        logger,
      });
      await sample.provider.ready();
      beside.serve(sample.app);
    }
    own.serve(demo.app);
    return { ...demo, baseUrl, port: own.port, provider: sample?.provider ?? null, close };
  } catch (error) {
    // Nobody was served yet, so nobody is waited for.
    own.abort();
    beside?.abort();
    await sample?.provider.close();
    await demo?.close();
    throw error;
  }
}
