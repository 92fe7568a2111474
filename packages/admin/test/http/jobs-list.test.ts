/** The list of bulk jobs: it is no longer than it says. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { operator } from "../support/provider.js";
import { type Stage, stage, Visitor } from "../support/stage.js";

let on: Stage;
beforeEach(async () => {
  on = await stage();
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
