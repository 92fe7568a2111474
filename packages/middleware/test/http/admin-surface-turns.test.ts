/** Jobs take turns: an incident does not wait for a long change of somebody else, and opposing changes come to an end. */
import { expect, test } from "@jest/globals";
import { anAgent, finished, multiply, operator } from "../support/admin-stage.js";
import { providerWorld } from "../support/issuer-world.js";
import { callApi } from "../support/world.js";

test("an incident that is started last is done before a long bulk change", async () => {
  const stage = await providerWorld();
  const { admin } = stage.auth;
  const many = await anAgent(stage, { client_name: "many" });
  await multiply(stage, many.id, 2999);
  const urgent = await anAgent(stage, { client_name: "urgent" });
  const bulk = { action: "suspend", filter: { clientName: "many" }, includeNew: false, operator } as const;
  const long = await admin.startJob(bulk);
  const incident = await admin.startJob({
    action: "revoke",
    filter: { clientName: "urgent" },
    includeNew: true,
    operator,
  });
  await stage.auth.sweep();
  expect((await callApi(stage, urgent.accessToken)).status).toBe(401);
  expect(await admin.findJob(incident.id)).toMatchObject({ changed: 1, finishedAt: expect.any(Number) });
  expect(await finished(stage, long.id)).toMatchObject({ changed: 3000 });
});

test("suspending and resuming the same agents at once ends for both", async () => {
  const stage = await providerWorld();
  const { admin } = stage.auth;
  const { id } = await anAgent(stage, { client_name: "torn" });
  await multiply(stage, id, 599);
  const change = (action: "suspend" | "resume") =>
    admin.startJob({ action, filter: { clientName: "torn" }, includeNew: false, operator });
  const jobs = [await change("suspend"), await change("resume")];
  for (let round = 0; round < 20; round += 1) await stage.auth.sweep();
  for (const job of jobs) {
    const ended = await admin.findJob(job.id);
    expect(ended?.finishedAt).not.toBeNull();
    expect(ended?.passes).toBeLessThanOrEqual(3);
  }
});
