/** Owns what of a provider's agents outlives the demo's process: links, consents, keys, and the way to revoke. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ownPort } from "../../../../test-support/own-port.mjs";
import { AgentClient, grants } from "../support/agent.js";
import { approve } from "../support/approve.js";
import { Browser } from "../support/browser.js";
import { idJagUrn, ProviderPerson } from "../support/provider.js";
import { startDemoWithProvider } from "../support/running-demo.js";

describe.each(["ES256", "RS256"] as const)("after a restart, with %s", (keyAlgorithm) => {
  let folder: string;
  const running: { close(): Promise<void> }[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "agent-auth-demo-"));
  });
  afterEach(async () => {
    for (const demo of running.splice(0)) await demo.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(ports: Record<string, string> = {}) {
    const variables = { DATABASE_URL: `sqlite:${join(folder, "demo.db")}`, ...ports };
    const demo = await startDemoWithProvider(variables, { keyAlgorithm });
    running.push(demo);
    return demo;
  }

  it("the link still stands, and can still be revoked", async () => {
    // Ports that are nobody else's while the demo is away.
    const [port, providerPort] = [await ownPort(), await ownPort()];
    const first = await start({ PORT: `${port}`, PROVIDER_PORT: `${providerPort}` });
    const agent = await AgentClient.discover(first.baseUrl);
    const alice = new ProviderPerson(first.issuer, "alice");
    const register = async () =>
      agent.register({
        type: "identity_assertion",
        assertion_type: idJagUrn,
        assertion: await alice.idJag(first.baseUrl),
      });
    const asked = await register();
    await approve(new Browser(first.baseUrl), asked.body.claim);
    await agent.getToken({ grant_type: grants.claim, claim_token: asked.body.claim_token });
    const { body: note } = await agent.writeNote("Kept");
    await running.pop()?.close();
    for (const gone of [first.baseUrl, first.issuer]) await expect(fetch(gone)).rejects.toThrow();

    const second = await start({ PORT: `${first.port}`, PROVIDER_PORT: new URL(first.issuer).port });
    expect([second.baseUrl, second.issuer]).toEqual([first.baseUrl, first.issuer]);
    expect((await agent.readNotes()).body).toEqual([note]);
    expect(await register()).toMatchObject({
      status: 200,
      body: { registration_id: asked.body.registration_id },
    });
    expect((await alice.connections()).html).toContain(">always<");
    expect((await alice.revoke()).html).toContain(">sent<");
    expect((await agent.readNotes()).status).toBe(401);
  });
});
