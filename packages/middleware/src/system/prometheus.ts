/**
 * Owns the metrics as Prometheus sees them: names, labels, buckets. prom-client is loaded here, when somebody asks for
 * metrics, and only then. Instances that share a registry share its counts.
 */
import { createRequire } from "node:module";
import type * as PromClient from "prom-client";
import {
  claimOutcomes,
  endings,
  grants,
  guardOutcomes,
  jobActions,
  keyFetchOutcomes,
  type Metrics,
  type MetricsRegistry,
  mailOutcomes,
  storeUsers,
} from "../metrics-port.js";

const guardBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2];
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Reads how many mails wait; NaN when nobody knows. */
type ReadDepth = () => Promise<number>;
/** Readers by gauge: there may be several instances behind one. */
const depthReaders = new WeakMap<object, Set<ReadDepth>>();

function loadPromClient(): typeof PromClient {
  try {
    return createRequire(import.meta.url)("prom-client") as typeof PromClient;
  } catch (cause) {
    throw new Error("The option metrics needs the package prom-client: npm install prom-client", { cause });
  }
}

export interface PrometheusMetrics extends Metrics {
  /** Takes this instance's share out of what is read at a scrape. */
  close(): void;
}

/** `readDepth`: null where it cannot be told. Throws an `Error` that names the package when prom-client is missing. */
export function prometheusMetrics(registry: MetricsRegistry, readDepth: ReadDepth | null): PrometheusMetrics {
  const { Counter, Gauge, Histogram } = loadPromClient();
  const registers = [registry as PromClient.Registry];
  const once = <Metric extends object>(name: string, make: () => Metric): Metric =>
    (registry.getSingleMetric(name) as Metric | undefined) ?? make();
  const counter = (name: string, help: string, labelNames: string[]) =>
    once(
      `agent_auth_${name}`,
      () => new Counter({ name: `agent_auth_${name}`, help, labelNames, registers }),
    );
  /** A counter with one label whose values are all known: each is there from the start, at zero. */
  const known = <Value extends string>(
    name: string,
    help: string,
    label: string,
    values: readonly Value[],
  ) => {
    const metric = counter(name, help, [label]);
    for (const value of values) metric.inc({ [label]: value }, 0);
    return (value: Value, count = 1) => metric.inc({ [label]: value }, count);
  };
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    once(
      `agent_auth_${name}`,
      () => new Histogram({ name: `agent_auth_${name}`, help, labelNames, buckets, registers }),
    );

  const requests = counter("requests_total", "Requests on our endpoints, by answer.", [
    "route",
    "status",
    "refusal",
  ]);
  const requestSeconds = histogram(
    "request_duration_seconds",
    "How long requests on our endpoints took.",
    ["route"],
    requestBuckets,
  );
  const guards = known("guard_total", "Decisions of the guards.", "outcome", guardOutcomes);
  const guardSeconds = histogram("guard_duration_seconds", "How long guards took.", [], guardBuckets);
  const kinds = ["anonymous", "service_auth", "identity_assertion"] as const;
  const outcomes = {
    registered: known("registrations_total", "Registrations made or made anew.", "kind", kinds),
    claim: known("claims_total", "Claims, by what became of them.", "outcome", claimOutcomes),
    ended: known("registrations_ended_total", "Registrations that ended.", "how", endings),
    accessTokenIssued: known("access_tokens_issued_total", "Access tokens issued.", "grant", grants),
    mail: known("mail_total", "Tries to send a mail.", "outcome", mailOutcomes),
    keyFetch: known("provider_key_fetches_total", "Fetches of provider keys.", "outcome", keyFetchOutcomes),
    jobChange: known("job_changes_total", "Registrations changed by jobs.", "action", jobActions),
    storeUnavailable: known("store_unavailable_total", "Times the database failed.", "user", storeUsers),
  };
  const close = readDepth === null ? () => {} : watchOutbox(once, Gauge, registers, readDepth);

  return {
    request({ route, status, refusal, seconds }) {
      requests.inc({ route, status: String(status), refusal });
      requestSeconds.observe({ route }, seconds);
    },
    guard(outcome, seconds) {
      guards(outcome);
      guardSeconds.observe(seconds);
    },
    ...outcomes,
    close,
  };
}

function watchOutbox(
  once: <Metric extends object>(name: string, make: () => Metric) => Metric,
  Gauge: typeof PromClient.Gauge,
  registers: PromClient.Registry[],
  readDepth: ReadDepth,
): () => void {
  const name = "agent_auth_outbox_depth";
  const gauge = once(
    name,
    () =>
      new Gauge({
        name,
        help: "Mails that wait to be sent, counted up to 500. NaN while the database does not answer.",
        registers,
        async collect() {
          const depths = [...(depthReaders.get(this) ?? [])].map((read) => read().catch(() => Number.NaN));
          this.set((await Promise.all(depths)).reduce((sum, depth) => sum + depth, 0));
        },
      }),
  );
  const readers = depthReaders.get(gauge) ?? new Set();
  depthReaders.set(gauge, readers.add(readDepth));
  return () => readers.delete(readDepth);
}
