/** The form of the metrics: names and labels as documented, few values, every series from the start, nothing by default. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { transformFileSync } from "@swc/core";
import { Registry } from "prom-client";
import { middleware, repository } from "../architecture/sources.js";
import { mailServer } from "../support/mail-server.js";
import { sender } from "../support/mail-world.js";
import { stage, temporaryFolder } from "../support/stages.js";
import { callApi, claimedByAlice, register } from "../support/world.js";

interface Described {
  name: string;
  labels: string[];
}

/** The table of docs/operations.md. */
function documented(): Described[] {
  const text = readFileSync(join(repository, "docs/operations.md"), "utf8");
  return [...text.matchAll(/^\| `(agent_auth_\w+)` \| [^|]* \| ([^|]*) \|/gm)].map(
    ([, name = "", labels = ""]) => ({
      name,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label).sort(),
    }),
  );
}

test("docs/operations.md lists every metric with its labels", async () => {
  const registry = new Registry();
  const server = await mailServer();
  await stage({ options: { metrics: { registry }, mail: { smtp: server.url, from: sender } } });
  const made = registry.getMetricsAsArray().map((metric) => ({
    name: metric.name,
    labels: [...((metric as unknown as { labelNames: string[] }).labelNames ?? [])].sort(),
  }));
  const byName = (one: Described, other: Described) => one.name.localeCompare(other.name);
  expect(documented().sort(byName)).toEqual(made.sort(byName));
});

test("series whose labels are known are there at zero before anything happened", async () => {
  const registry = new Registry();
  await stage({ options: { metrics: { registry } } });
  const text = await registry.metrics();
  for (const series of [
    'agent_auth_registrations_total{kind="anonymous"} 0',
    'agent_auth_claims_total{outcome="locked"} 0',
    'agent_auth_guard_total{outcome="unavailable"} 0',
    'agent_auth_store_unavailable_total{user="limit"} 0',
    'agent_auth_mail_total{outcome="failed"} 0',
  ])
    expect(text).toContain(series);
});

test("labels hold words of ours, whatever callers send", async () => {
  const registry = new Registry();
  const host = await stage({ options: { metrics: { registry } } });
  const { body } = await claimedByAlice(host);
  const odd = "zzz-odd-word";
  await register.anonymous(host, { client_name: odd });
  await host.agent.post("/agent/identity").send({ type: odd });
  await host.agent.get(`/agent/claim?claim_attempt_token=${odd}`).set("User-Agent", odd);
  await host.agent.post("/oauth2/token").type("form").send({ grant_type: odd });
  await callApi(host, odd);
  await callApi(host, body.access_token);
  const text = await registry.metrics();
  expect(text).not.toMatch(/zzz|reg_|clm_|alice|notes\.example/);
  const values = [...text.matchAll(/(?:route|refusal|outcome|kind|how|grant|user|action)="([^"]*)"/g)];
  expect(values.length).toBeGreaterThan(40);
  for (const [, value] of values) expect(value).toMatch(/^[A-Za-z_-]*$/);
});

describe("the option", () => {
  test("takes a Registry and nothing else", async () => {
    for (const metrics of [
      {},
      { registry: {} },
      { registry: null },
      { registry: new Registry(), prefix: "x" },
    ])
      await expect(stage({ options: { metrics: metrics as never } })).rejects.toThrow(/metrics/);
  });

  test("needs prom-client, which is not looked for before, and says so where it is missing", () => {
    // Away from our node_modules, with nothing installed beside it.
    const folder = temporaryFolder();
    for (const name of ["system/prometheus", "metrics-port"]) {
      const { code } = transformFileSync(join(middleware, "src", `${name}.ts`), {
        configFile: false,
        swcrc: false,
        jsc: { parser: { syntax: "typescript" }, target: "es2022" },
        module: { type: "es6" },
      });
      mkdirSync(join(folder, name, ".."), { recursive: true });
      writeFileSync(join(folder, `${name}.js`), code);
    }
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
    writeFileSync(
      join(folder, "main.js"),
      `import { prometheusMetrics } from "./system/prometheus.js";
       console.log("imported");
       try { prometheusMetrics({}, null); } catch (error) { console.log(error.message); }`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, ["main.js"], { cwd: folder, encoding: "utf8" });
    expect([stdout, stderr]).toEqual([
      "imported\nThe option metrics needs the package prom-client: npm install prom-client\n",
      "",
    ]);
  });

  test("may be left out, and then nothing is counted anywhere", async () => {
    const registry = new Registry();
    const host = await stage();
    expect((await register.anonymous(host)).status).toBe(200);
    expect(registry.getMetricsAsArray()).toEqual([]);
  });
});
