/** Bulk jobs: their list is no longer than it says, and what ended with something left says so. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type DatabaseStage, databaseStage } from "../support/database-stage.js";
import { wordsOf } from "../support/form.js";
import { operator } from "../support/provider.js";
import { anonymousAgent, Visitor } from "../support/stage.js";

let on: DatabaseStage;
beforeEach(async () => {
  on = await databaseStage();
});
afterEach(() => on.close());

async function list() {
  const { text } = await new Visitor(on, "viewer").get("/jobs");
  return { text, users: [...text.matchAll(/<bdi>(user_\d+)<\/bdi>/g)].map(([, user]) => user) };
}

async function startJobs(first: number, last: number): Promise<void> {
  for (let number = first; number <= last; number += 1) {
    const filter = { userId: `user_${number}` };
    await on.auth.admin.startJob({ action: "suspend", filter, includeNew: false, operator });
  }
}

test("has all of them, or says that it has the newest only", async () => {
  await startJobs(1, 49);
  const whole = await list();
  expect(whole.users).toHaveLength(49);
  expect(whole.text).not.toContain("Only the newest");
  await startJobs(50, 51);
  const cut = await list();
  expect(cut.users).toEqual(Array.from({ length: 50 }, (_, index) => `user_${51 - index}`));
  expect(cut.text).toContain("Only the newest 50 are shown.");
});

test("a job whose third pass still found some says so, and one whose last pass found nothing does not", async () => {
  await anonymousAgent(on, "Busy");
  const filter = { clientName: "Busy" };
  const { id } = await on.auth.admin.startJob({ action: "revoke", filter, includeNew: true, operator });
  await on.auth.sweep();
  const shown = async () => wordsOf((await new Visitor(on, "viewer").get(`/jobs/${id}`)).text);
  expect(await on.auth.admin.findJob(id)).toMatchObject({ changed: 1, passes: 2, changedInPass: 0 });
  expect(await shown()).not.toContain("more may be left");
  // As it ends when agents come in all the time.
  await on.database.run(
    "UPDATE admin_jobs SET passes = 2, changed = 8, changed_in_pass = 7, finished_at = NULL",
  );
  await on.auth.sweep();
  expect(await on.auth.admin.findJob(id)).toMatchObject({ passes: 3, changedInPass: 7 });
  expect(await shown()).toContain("it still found 7: more may be left, or coming in.");
});
