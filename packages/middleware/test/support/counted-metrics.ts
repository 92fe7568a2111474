/** Owns reading what a registry of Prometheus was told. */
import type { MetricValue, Registry } from "prom-client";

type Labels = Record<string, string | number>;

/** Everything one registry holds, as `name{label="value"}` to a number; zeros are left out, and histograms but counts. */
export async function counted(registry: Registry): Promise<Record<string, number>> {
  const metrics = await registry.getMetricsAsJSON();
  const lines = metrics.flatMap(({ name, values, type }) =>
    (values as (MetricValue<string> & { metricName?: string })[])
      .filter(({ metricName }) => String(type) !== "histogram" || metricName === `${name}_count`)
      .map(({ labels, value, metricName }) => [keyOf(metricName ?? name, labels), Number(value)] as const),
  );
  return Object.fromEntries(lines.filter(([, value]) => value !== 0));
}

function keyOf(name: string, labels: Partial<Labels>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
  return `${name.replace("agent_auth_", "")}${pairs.length === 0 ? "" : ` ${pairs.join(" ")}`}`;
}

/** What was counted while something was done. */
export async function during(
  registry: Registry,
  run: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const before = await counted(registry);
  await run();
  const after = await counted(registry);
  return Object.fromEntries(
    Object.entries(after)
      .map(([key, value]) => [key, value - (before[key] ?? 0)] as const)
      .filter(([, value]) => value !== 0),
  );
}

/** Without what every request is counted in. */
export const without = (counts: Record<string, number>) =>
  Object.fromEntries(Object.entries(counts).filter(([key]) => !/^(request|guard)/.test(key)));
