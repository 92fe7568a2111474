/** What Prometheus is shown of the service's own state: a database that does not answer, and mail that waits. */
import { describe, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { anAgent } from "../support/admin-stage.js";
import { counted, during } from "../support/counted-metrics.js";
import { mailServer } from "../support/mail-server.js";
import { sender } from "../support/mail-world.js";
import { databaseStage, stage } from "../support/stages.js";
import { callApi, register } from "../support/world.js";

describe("a database that does not answer", () => {
  test("is counted by who missed it", async () => {
    const registry = new Registry();
    const limits = { anonymousPerIpPerHour: 5 };
    const host = await databaseStage({ options: { metrics: { registry }, limits } });
    const { accessToken } = await anAgent(host);
    const letGo = await host.database.lock();
    const counts = await during(registry, () => Promise.resolve(register.anonymous(host)));
    await letGo();
    expect(counts).toMatchObject({
      "store_unavailable_total user=limit": 1,
      "store_unavailable_total user=request": 1,
    });
    await host.auth.close();
    const closed = await during(registry, () => Promise.resolve(callApi(host, accessToken)));
    expect(closed).toMatchObject({
      "store_unavailable_total user=guard": 1,
      "guard_total outcome=unavailable": 1,
    });
  });
});

describe("mail", () => {
  test("is counted by how a try went, and the outbox shows how much waits", async () => {
    const registry = new Registry();
    const server = await mailServer();
    const host = await stage({
      options: { metrics: { registry }, mail: { smtp: server.url, from: sender } },
    });
    const depth = async () => (await counted(registry)).outbox_depth ?? 0;
    server.onRecipient = () => ({ code: 450, text: "later" });
    await register.serviceAuth(host);
    await host.auth.sweep();
    expect(await depth()).toBe(1);
    server.onRecipient = (address) => (address.startsWith("bob") ? { code: 550, text: "no such" } : null);
    await register.serviceAuth(host, { login_hint: "bob@example.com" });
    // Long enough for the next try, and the attempt it is about still lives.
    host.clock.advance(300);
    await host.auth.sweep();
    expect(await depth()).toBe(0);
    expect(await counted(registry)).toMatchObject({
      "mail_total outcome=postponed": 1,
      "mail_total outcome=sent": 1,
      "mail_total outcome=failed": 1,
    });
  });

  test("of instances that share a registry is one sum; one that closed is out of it, and a scrape still works", async () => {
    const registry = new Registry();
    const server = await mailServer();
    server.onRecipient = () => ({ code: 450, text: "later" });
    const options = { metrics: { registry }, mail: { smtp: server.url, from: sender } };
    const [one, other] = [await stage({ options }), await stage({ options })];
    for (const host of [one, other, other]) await register.serviceAuth(host);
    expect(await counted(registry)).toMatchObject({
      outbox_depth: 3,
      "registrations_total kind=service_auth": 3,
    });
    await one.auth.close();
    expect(await counted(registry)).toMatchObject({ outbox_depth: 2 });
  });

  test("is not shown where none is sent", async () => {
    const registry = new Registry();
    await stage({ options: { metrics: { registry } } });
    expect(await registry.metrics()).not.toContain("outbox_depth");
  });
});
