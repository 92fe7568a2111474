/** Changes of many registrations: the filtered set, the typed word, stale confirmations, the job. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { anonymousAgent, callApi, hiddenFields, type Stage, stage, Visitor } from "../support/stage.js";

let on: Stage;
let olga: Visitor;
beforeEach(async () => {
  on = await stage();
  olga = new Visitor(on, "operator");
});
afterEach(() => on.close());

const reason = "Campaign of spam";

describe("POST /bulk/revoke", () => {
  test("revokes exactly what the filter finds, and the job's page says how many", async () => {
    const spam = [await anonymousAgent(on, "Spam 1"), await anonymousAgent(on, "Spam 2")];
    const good = await anonymousAgent(on, "Good");
    on.clock.advance(1);
    const started = await olga.submit("/bulk/revoke?name=Spam", { reason, typed: "revoke 2" });
    expect(started.status).toBe(303);
    await on.auth.sweep();
    for (const { token } of spam) expect((await callApi(on, token)).status).toBe(401);
    expect((await callApi(on, good.token)).status).toBe(200);
    const { text } = await olga.get((started.headers.location as string).slice(on.mount.length));
    expect(text.replace(/<[^>]+>/g, "")).toContain("Exactly 2 registrations were revoked");
    expect(text).toContain(reason);
  });

  test("refuses a wrong word, an empty filter and a missing reason, and starts nothing", async () => {
    const { token } = await anonymousAgent(on, "Spam 1");
    expect((await olga.submit("/bulk/revoke?name=Spam", { reason, typed: "revoke" })).status).toBe(422);
    expect((await olga.submit("/bulk/revoke?name=Spam", { typed: "revoke 1" })).status).toBe(422);
    expect((await olga.post("/bulk/revoke", { reason, typed: "revoke 1", seen: "revoke 1" })).status).toBe(
      422,
    );
    expect(await on.auth.admin.listJobs()).toEqual([]);
    expect((await callApi(on, token)).status).toBe(200);
  });

  test("asks again when the filter finds more than it did", async () => {
    await anonymousAgent(on, "Spam 1");
    const sent = { name: "Spam", seen: "revoke 1", typed: "revoke 1", reason };
    const late = await anonymousAgent(on, "Spam 2");
    const reply = await olga.post("/bulk/revoke", sent);
    expect(reply.status).toBe(409);
    expect(reply.text).toContain("revoke 2");
    expect(await on.auth.admin.listJobs()).toEqual([]);
    expect((await callApi(on, late.token)).status).toBe(200);
  });

  test("does not touch who registered after the operator looked, in the place of who left", async () => {
    const spam = await anonymousAgent(on, "Spam 1");
    const page = await olga.get("/bulk/revoke?name=Spam&status=unclaimed");
    const seenAt = /name="seen_at" value="(\d+)"/.exec(page.text)?.[1] as string;
    on.clock.advance(60);
    const innocent = await anonymousAgent(on, "Spam 2");
    const sent = {
      name: "Spam",
      status: "unclaimed",
      seen: "revoke 1",
      seen_at: seenAt,
      typed: "revoke 1",
      reason,
    };
    const operator = { operatorId: "op_2", reason: "first", ip: null };
    expect(await on.auth.admin.revoke(spam.id, operator)).toBe(true);
    expect((await olga.post("/bulk/revoke", sent)).status).toBe(409);
    expect(await on.auth.admin.listJobs()).toEqual([]);
    const other = await anonymousAgent(on, "Spam 3");
    for (const { token } of [innocent, other]) expect((await callApi(on, token)).status).toBe(200);
  });

  test("goes ahead with what was seen when others have come since, and leaves those alone", async () => {
    const spam = await anonymousAgent(on, "Spam 1");
    const page = await olga.get("/bulk/revoke?name=Spam");
    const seenAt = /name="seen_at" value="(\d+)"/.exec(page.text)?.[1] as string;
    on.clock.advance(60);
    const innocent = await anonymousAgent(on, "Spam 2");
    const sent = { name: "Spam", seen: "revoke 1", seen_at: seenAt, typed: "revoke 1", reason };
    expect((await olga.post("/bulk/revoke", sent)).status).toBe(303);
    await on.auth.sweep();
    expect((await callApi(on, spam.token)).status).toBe(401);
    expect((await callApi(on, innocent.token)).status).toBe(200);
  });

  test.each(["status=Suspended", "kind=x", "created_to=2026-02-30", "name=Spam&name=Good"])(
    "a part of the filter that means nothing, such as %s, does not widen it",
    async (part) => {
      await anonymousAgent(on, "Spam 1");
      const reply = await olga.get(`/bulk/revoke?name=Spam&${part}`);
      expect(reply.status).toBe(422);
      expect(reply.text).not.toContain(`action="${on.mount}/bulk`);
    },
  );

  test("leaves a line in the audit log with the operator, the filter and the reason, whatever it finds", async () => {
    await anonymousAgent(on, "Spam 1");
    const started = await olga.submit("/bulk/suspend?name=Spam", { reason, typed: "suspend 1" });
    expect(started.status).toBe(303);
    const page = await on.auth.admin.queries?.pageAudit({ type: "job.started" }, { after: null, limit: 5 });
    expect(page?.rows).toMatchObject([
      {
        actor: { kind: "operator", id: "op_operator" },
        detail: { reason, action: "suspend", incident: false },
      },
    ]);
    expect(JSON.parse(String(page?.rows[0]?.detail.filter))).toMatchObject({ clientName: "Spam" });
  });

  test("a filter that finds nothing has no form", async () => {
    const { status, text } = await olga.get("/bulk/suspend?name=nobody");
    expect(status).toBe(200);
    expect(text).toContain("The filter finds nothing");
    expect(text).not.toContain(`action="${on.mount}/bulk`);
  });
});

describe("a form that is sent twice", () => {
  test("starts one job, at once or later, and shows it each time", async () => {
    const { token } = await anonymousAgent(on, "Spam 1");
    on.clock.advance(1);
    const { text } = await olga.get("/bulk/revoke?name=Spam");
    const hidden = hiddenFields(text);
    const press = () => olga.post("/bulk/revoke", { ...hidden, reason, typed: "revoke 1" });
    const presses = await Promise.all(Array.from({ length: 20 }, press));
    await on.auth.sweep();
    expect((await callApi(on, token)).status).toBe(401);
    // By now the filter finds nobody.
    presses.push(await press());
    const [job, ...others] = await on.auth.admin.listJobs();
    expect(others).toEqual([]);
    const shown = new Set(
      presses.map(({ status, headers }) => `${status} ${headers.location?.split("?")[0]}`),
    );
    expect([...shown]).toEqual([`303 ${on.mount}/jobs/${job?.id}`]);
    expect(await olga.get("/bulk/revoke?name=Spam")).toMatchObject({ status: 200 });
  });

  test("is another one when somebody else sends it, or for something else", async () => {
    await anonymousAgent(on, "Spam 1");
    const admin = new Visitor(on, "admin");
    const { text } = await olga.get("/bulk/suspend?name=Spam");
    const fields = { ...hiddenFields(text), reason, typed: "suspend 1" };
    await olga.post("/bulk/suspend", fields);
    await admin.post("/bulk/suspend", { ...fields, csrf: await admin.csrf() });
    await olga.post("/bulk/suspend", { ...fields, kind: "anonymous" });
    expect(await on.auth.admin.listJobs()).toHaveLength(3);
  });
});
