/** Owns the demo as people run it: the built program, its data folder, its signals. Needs `npm run build`. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ownPort } from "../../../../test-support/own-port.mjs";
import { AgentClient, call, grants } from "../support/agent.js";
import { approve } from "../support/approve.js";
import { Browser } from "../support/browser.js";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

describe("the process", () => {
  let folder: string;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "agent-auth-demo-"));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  function run(variables: Record<string, string>) {
    const { INIT_CWD: _folderOfTheTests, ...inherited } = process.env;
    const child = spawn(process.execPath, [main], {
      cwd: folder,
      env: { ...inherited, NODE_OPTIONS: "", LOG_LEVEL: "warn", ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    const output = { text: "" };
    const seen = (chunk: Buffer) => {
      output.text += chunk;
    };
    child.stdout.on("data", seen);
    child.stderr.on("data", seen);
    const exit = once(child, "close").then(([code]) => code as number | null);
    return { child, output, exit };
  }

  /** Starts on a free port and answers with the address it prints, once it is there. */
  async function start(variables: Record<string, string> = {}) {
    const running = run({ PORT: "0", PROVIDER_PORT: "0", ...variables });
    const address = new Promise<string>((resolve, reject) => {
      running.child.stdout.on("data", () => {
        const [, url] = /Home +(\S+)/.exec(running.output.text) ?? [];
        if (url !== undefined && running.output.text.includes("/oauth2/token")) resolve(url);
      });
      void running.exit.then((code) => reject(new Error(`exited with ${code}: ${running.output.text}`)));
    });
    const baseUrl = await address;
    const [, provider = ""] = /Provider +(\S+)/.exec(running.output.text) ?? [];
    return { ...running, baseUrl, provider };
  }

  it("prints the way in, keeps people, agents and sessions over a restart, and stops cleanly", async () => {
    // Ports that are nobody else's while the demo is away.
    const first = await start({ PORT: `${await ownPort()}`, PROVIDER_PORT: `${await ownPort()}` });
    expect(await call(`${first.baseUrl}/healthz`)).toMatchObject({ status: 200, body: { ok: true } });
    for (const shown of [
      "alice@example.com",
      "alice-demo",
      "carol@example.com",
      "operator-demo",
      `Operators  ${first.baseUrl}/admin/agents`,
      "data/demo.db",
      "$CLAIM_TOKEN",
      "curl -i ",
    ])
      expect(first.output.text).toContain(shown);
    expect((await stat(join(folder, "data/demo.secret"))).mode & 0o777).toBe(0o600);

    const agent = await AgentClient.discover(first.baseUrl);
    const { body } = await agent.register({ type: "service_auth", login_hint: "alice@example.com" });
    const alice = new Browser(first.baseUrl);
    await approve(alice, body.claim);
    await agent.getToken({ grant_type: grants.claim, claim_token: body.claim_token });
    const { body: note } = await agent.writeNote("Kept");
    const keys = await call(`${first.provider}/.well-known/jwks.json`);
    expect(keys.body.keys).toHaveLength(1);
    first.child.kill("SIGTERM");
    expect(await first.exit).toBe(0);

    const second = await start({
      PORT: new URL(first.baseUrl).port,
      PROVIDER_PORT: new URL(first.provider).port,
    });
    expect([second.baseUrl, second.provider]).toEqual([first.baseUrl, first.provider]);
    expect((await call(`${second.provider}/.well-known/jwks.json`)).body).toEqual(keys.body);
    expect((await agent.readNotes()).body).toEqual([note]);
    expect((await alice.get("/")).html).toContain("Kept");
    second.child.kill("SIGINT");
    expect(await second.exit).toBe(0);
  });

  it("names a bad variable and does not start", async () => {
    const { exit, output } = run({ PORT: "eighty", CLAIM_SIGN_IN: "mail" });
    expect(await exit).toBe(1);
    expect(output.text).toContain("PORT must be a whole number from 0 to 65535");
    expect(output.text).toContain("CLAIM_SIGN_IN must be one of host, email");
    expect(output.text).not.toContain("    at ");
  });

  it("names the port when it is taken", async () => {
    const first = await start();
    const memory = { DATABASE_URL: "sqlite::memory:" };
    const second = run({ ...memory, PORT: new URL(first.baseUrl).port });
    expect(await second.exit).toBe(1);
    expect(second.output.text).toMatch(/^PORT is taken by another program/);
    const third = run({ ...memory, PORT: "0", PROVIDER_PORT: new URL(first.provider).port });
    expect(await third.exit).toBe(1);
    expect(third.output.text).toMatch(/^PROVIDER_PORT is taken by another program/);
  });

  it("does not start with another secret than the one its data was made with", async () => {
    const first = await start({ SECRET: "a".repeat(32) });
    first.child.kill("SIGTERM");
    expect(await first.exit).toBe(0);
    const second = run({ PORT: "0", PROVIDER_PORT: "0", SECRET: "b".repeat(32) });
    expect(await second.exit).toBe(1);
    expect(second.output.text).toMatch(/secret/i);
  });
});
