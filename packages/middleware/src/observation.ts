/** Owns what an instance shows of itself: its metrics, the ids of requests, and how long they take. */
import type { AdminQueries } from "./admin-queries-port.js";
import { type Metrics, noMetrics } from "./metrics-port.js";
import type { Settings } from "./options.js";
import type { Random } from "./ports.js";
import { prometheusMetrics } from "./system/prometheus.js";
import { startWatch } from "./system/stopwatch.js";

/** Waiting mails are counted up to here: as many as a listing shows at once. */
const countedMail = 500;

export interface Observation {
  metrics: Metrics;
  requestIds: { requestId: Settings["requestId"]; random: Random };
  startWatch: () => () => number;
}

/** `stop` ends what would be asked of a closed database. Throws an `Error` when prom-client is needed and missing. */
export function observe(
  settings: Readonly<Settings>,
  parts: { random: Random; queries: AdminQueries | null },
): { observation: Observation; stop: () => void } {
  const { random, queries } = parts;
  const requestIds = { requestId: settings.requestId, random };
  if (settings.metrics === undefined)
    return { observation: { metrics: noMetrics, requestIds, startWatch }, stop: () => {} };
  const isKnown = queries !== null && settings.mail !== null;
  const readDepth = async () => {
    const page = await queries?.pageMail({ state: "waiting" }, { after: null, limit: countedMail });
    return page?.rows.length ?? 0;
  };
  const metrics = prometheusMetrics(settings.metrics.registry, isKnown ? readDepth : null);
  return { observation: { metrics, requestIds, startWatch }, stop: () => metrics.close() };
}
