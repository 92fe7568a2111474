/** The command `agent-provider`, as built: it starts, serves, keeps its data, says what is wrong, and stops. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ownPort } from "../../../test-support/own-port.mjs";

const command = fileURLToPath(new URL("../dist/main.js", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-provider-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(environment: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [command], { cwd: folder, env: { PATH: process.env.PATH, ...environment } });
}

const ended = (child: ChildProcess) =>
  new Promise<{ code: number | null; errors: string }>((resolve) => {
    let errors = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on("close", (code) => resolve({ code, errors }));
  });

const started = (child: ChildProcess) =>
  new Promise<string>((resolve) => {
    child.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString()));
  });

test("serves until it is told to stop, and has the same keys after a restart", async () => {
  const port = await ownPort();
  const issuer = `http://localhost:${port}`;
  const keys: string[] = [];
  for (const _round of [1, 2]) {
    const child = start({ PORT: String(port) });
    const end = ended(child);
    expect(await started(child)).toContain(issuer);
    keys.push(await (await fetch(`${issuer}/.well-known/jwks.json`)).text());
    const home = await fetch(issuer, { redirect: "manual" });
    expect([home.status, home.headers.get("location")]).toEqual([302, "/delegations"]);
    child.kill("SIGTERM");
    expect((await end).code).toBe(0);
  }
  expect(keys[0]).toContain("ES256");
  expect(keys[1]).toBe(keys[0]);
});

test("says what is wrong with its environment", async () => {
  const { code, errors } = await ended(start({ ISSUER: "https://agents.example.com" }));
  expect(code).toBe(1);
  expect(errors).toContain("secrets: is required unless the issuer is a loopback address");
  expect(errors).toContain("users: is required unless the issuer is a loopback address");
});
