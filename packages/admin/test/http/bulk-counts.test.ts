/** How many a bulk confirmation names, when it is stale, and that the job afterwards is exact. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type DatabaseStage, databaseStage, multiply } from "../support/database-stage.js";
import { filledIn, wordsOf } from "../support/form.js";
import { anonymousAgent, callApi, Visitor } from "../support/stage.js";

const reason = "Campaign of spam";
const operator = { operatorId: "op_other", reason, ip: null };
let on: DatabaseStage;
let olga: Visitor;
beforeEach(async () => {
  on = await databaseStage();
  olga = new Visitor(on, "operator");
});
afterEach(() => on.close());

/** An agent and so many copies of it. */
async function crowd(total: number, name = "Spam"): Promise<{ id: string; token: string }> {
  const agent = await anonymousAgent(on, name);
  await multiply(on, agent.id, total - 1, `reg_${name.toLowerCase()}`);
  return agent;
}

async function open(path: string) {
  const { status, text } = await olga.get(path);
  const fields = filledIn(text, path.split("?")[0] as string);
  const title = wordsOf(/<h1[^>]*>.*?<\/h1>/s.exec(text)?.[0] ?? "").trim();
  return { status, text, fields, title, seen: fields.seen?.[0] ?? "" };
}
const send = (path: string, fields: Record<string, string | string[]>, typed: string) =>
  olga.post(path, { ...fields, reason, typed });
const jobs = () => on.auth.admin.listJobs();
const finish = async () => {
  for (let round = 0; round < 10; round += 1) {
    await on.auth.sweep();
    const open = (await jobs()).filter(({ finishedAt }) => finishedAt === null);
    if (open.length === 0) return;
  }
  throw new Error("The jobs do not end.");
};

describe("the number", () => {
  test("is exact beyond a page of a listing, and the job changes as many", async () => {
    const { token } = await crowd(601);
    const page = await open("/bulk/revoke?name=Spam");
    expect(page.title).toBe("Revoke 601 registrations");
    expect(page.text).toContain("Type “revoke 601” to confirm");
    expect((await send("/bulk/revoke", page.fields, "revoke 600")).status).toBe(422);
    const started = await send("/bulk/revoke", page.fields, "revoke 601");
    expect(started.status).toBe(303);
    await finish();
    const [job] = await jobs();
    expect(job?.changed).toBe(601);
    const { text } = await olga.get(`/jobs/${job?.id}`);
    expect(wordsOf(text)).toContain("Exactly 601 registrations were revoked");
    expect((await callApi(on, token)).status).toBe(401);
  });

  test("leaves out what the action would not change", async () => {
    const { id } = await crowd(5);
    await on.auth.admin.revoke(id, operator);
    await on.auth.admin.suspend("reg_spam_0", operator);
    expect((await open("/bulk/revoke?name=Spam")).title).toBe("Revoke 4 registrations");
    expect((await open("/bulk/suspend?name=Spam")).title).toBe("Suspend 3 registrations");
    expect((await open("/bulk/resume?name=Spam")).title).toBe("Resume 1 registration");
    const nothing = await open("/bulk/revoke?name=Spam&status=revoked");
    expect([nothing.status, nothing.title]).toEqual([200, "Nothing to revoke"]);
  });

  test("beyond 10,000 is what a counter tells, or says that it is more", async () => {
    const { id } = await anonymousAgent(on, "Spam");
    await on.auth.admin.suspend(id, operator);
    await multiply(on, id, 10_700);
    const counted = await open("/bulk/resume?status=suspended");
    expect(counted.title).toBe("Resume 10,701 registrations");
    expect(counted.seen).toBe("resume 10701");
    const bounded = await open("/bulk/resume?kind=anonymous");
    expect(bounded.title).toBe("Resume more than 10,000 registrations");
    expect(bounded.text).toContain("Type “resume more than 10000” to confirm");
    // There are more, still, whatever the exact number: what was confirmed is meant.
    await on.auth.admin.revoke("reg_copy_7", operator);
    expect((await send("/bulk/resume", bounded.fields, "resume 10701")).status).toBe(422);
    expect((await send("/bulk/resume", bounded.fields, "resume more than 10000")).status).toBe(303);
    expect((await send("/bulk/resume", counted.fields, "resume 10701")).status).toBe(303);
    // A tenth of what the counter told is gone.
    const fewer = { ...counted.fields, once: "another form", seen: "resume 12000" };
    expect((await send("/bulk/resume", fewer, "resume 12000")).status).toBe(409);
    expect(await jobs()).toHaveLength(2);
  }, 60_000);
});

describe("a confirmation", () => {
  test.each([
    ["one more of ten", 10, 1, true],
    ["two more of ten", 10, 2, false],
    ["one more of nine", 9, 1, false],
    ["twenty more of two hundred", 200, 20, true],
    ["twenty-one more of two hundred", 200, 21, false],
  ])("with %s is good for: %s, %s, %s", async (_what, total, more, isGood) => {
    await crowd(total);
    const page = await open("/bulk/revoke?name=Spam");
    await multiply(on, "reg_spam_0", more, "reg_late");
    const reply = await send("/bulk/revoke", page.fields, page.seen);
    expect(reply.status).toBe(isGood ? 303 : 409);
    expect(await jobs()).toHaveLength(isGood ? 1 : 0);
    if (isGood) return;
    expect(wordsOf(reply.text)).toContain("has changed since you opened this form. Nothing was done yet.");
    // The page asks for the number there is now, and that is then good.
    const again = filledIn(reply.text, "/bulk/revoke");
    expect(again.seen).toEqual([`revoke ${total + more}`]);
    expect((await send("/bulk/revoke", again, `revoke ${total + more}`)).status).toBe(303);
  });

  test("is stale when a tenth of it is gone, and when all of it is", async () => {
    const { id } = await crowd(10);
    const page = await open("/bulk/suspend?name=Spam");
    await on.auth.admin.suspend("reg_spam_0", operator);
    await on.auth.admin.suspend("reg_spam_1", operator);
    expect((await send("/bulk/suspend", page.fields, page.seen)).status).toBe(409);
    await on.auth.admin.revoke(id, operator);
    for (let number = 0; number < 9; number += 1) await on.auth.admin.revoke(`reg_spam_${number}`, operator);
    const reply = await send("/bulk/suspend", page.fields, page.seen);
    expect(reply.status).toBe(409);
    expect(reply.text).toContain("The filter finds nothing to suspend");
    expect(await jobs()).toEqual([]);
  });

  test.each(["", "revoke", "revoke all", "suspend 3", "revoke -3", "revoke more than 10000"])(
    "that says it saw %j is asked again, whatever was typed",
    async (seen) => {
      const { token } = await crowd(3);
      const { fields } = await open("/bulk/revoke?name=Spam");
      const reply = await send("/bulk/revoke", { ...fields, seen }, seen);
      expect(reply.status).toBe(409);
      expect(await jobs()).toEqual([]);
      expect((await callApi(on, token)).status).toBe(200);
    },
  );

  test("of two operators at once: both jobs run, and together they count each registration once", async () => {
    await crowd(60);
    const page = await open("/bulk/revoke?name=Spam");
    const otto = new Visitor(on, "admin");
    const theirs = filledIn((await otto.get("/bulk/revoke?name=Spam")).text, "/bulk/revoke");
    const replies = await Promise.all([
      send("/bulk/revoke", page.fields, page.seen),
      otto.post("/bulk/revoke", { ...theirs, reason, typed: "revoke 60" }),
    ]);
    expect(replies.map(({ status }) => status)).toEqual([303, 303]);
    await finish();
    expect((await jobs()).reduce((sum, { changed }) => sum + changed, 0)).toBe(60);
  });
});
