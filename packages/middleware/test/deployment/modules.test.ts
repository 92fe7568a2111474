/** Hosts in ES modules and in CommonJS, as processes of their own on the built package. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { closeAfterTest } from "../support/stages.js";
import { walk, walked } from "./walk.js";

/** Starts one of the hosts in `modules/`. `ended` waits for it to close by itself, and tells how it went. */
async function startProcess(file: string, environment: Record<string, string>) {
  const child = fork(fileURLToPath(new URL(`modules/${file}`, import.meta.url)), {
    env: { PATH: process.env.PATH, ...environment },
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  closeAfterTest(() => child.kill());
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      said += chunk;
    });
  const exited = once(child, "exit");
  const started = once(child, "message") as Promise<[{ port: number }]>;
  const first = await Promise.race([started, exited.then(() => null)]);
  if (first === null) throw new Error(`The host ended before it listened:\n${said}`);
  return {
    port: first[0].port,
    async ended() {
      child.disconnect();
      const [code] = await exited;
      return { code, said };
    },
  };
}

const rows = ["host.mjs", "host.cjs"].flatMap((file) =>
  ["express4", "express"].flatMap((EXPRESS) =>
    [
      { PREFIX: "", PARSE_FIRST: "no" },
      { PREFIX: "/agents", PARSE_FIRST: "yes" },
    ].map((rest) => ({ file, environment: { EXPRESS, ...rest } })),
  ),
);

test.each(rows)("$file with $environment carries the whole journey, and ends by itself", async (row) => {
  const host = await startProcess(row.file, row.environment);
  const site = { origin: `http://127.0.0.1:${host.port}`, port: host.port, api: "/api/notes" };
  expect(await walk(site)).toEqual(walked);
  const { code, said } = await host.ended();
  // Node says that `require` of an ES module is new to it, where that module is not below node_modules.
  expect([code, said.replace(/^\(.*\n?/gm, "")]).toEqual([0, ""]);
});
