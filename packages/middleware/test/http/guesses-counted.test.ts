/** What is counted of guesses at a code: the wrong ones, in either ceremony, whoever types how fast. */
import { beforeEach, expect, test } from "@jest/globals";
import { type Asked, asked, guessWrong, openForm } from "../support/claim-visit.js";
import { type EventStage, eventStage } from "../support/event-stage.js";
import { together } from "../support/mailbox.js";
import { complete, reveal, wrongCode } from "../support/read-back.js";

let stage: EventStage;
let visit: Asked;
beforeEach(async () => {
  stage = await eventStage();
  visit = await asked(stage);
});

const counted = async () => [
  (await stage.rows("claim_attempts")).at(-1)?.wrong_guesses,
  (await stage.rows("registrations")).at(-1)?.wrong_guesses,
];

test("a code that is right at once leaves no wrong guess", async () => {
  await (await openForm(stage, visit))({ userCode: visit.userCode });
  expect(await stage.rows("registrations")).toMatchObject([{ user_id: "usr_alice" }]);
  expect(await counted()).toEqual([0, 0]);
});

test("after two wrong ones there are two, on the page", async () => {
  await guessWrong(stage, visit, 2);
  await (await openForm(stage, visit))({ userCode: visit.userCode });
  expect(await stage.rows("registrations")).toMatchObject([{ user_id: "usr_alice" }]);
  expect(await counted()).toEqual([2, 2]);
});

test("after two wrong ones there are two, by read-back", async () => {
  const code = await reveal(stage, visit);
  for (let times = 0; times < 2; times += 1) await complete(stage, visit.claimToken, wrongCode(code));
  expect((await complete(stage, visit.claimToken, code)).status).toBe(200);
  expect(await counted()).toEqual([2, 2]);
});

test("twenty right answers at once bind once and count as no wrong one", async () => {
  const send = await openForm(stage, visit);
  await together(20, () => send({ userCode: visit.userCode }));
  expect(await stage.audit("claim.confirmed")).toHaveLength(1);
  expect(await counted()).toEqual([0, 0]);
});
