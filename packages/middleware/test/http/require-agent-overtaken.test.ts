/** The host may answer while a token is still being checked: the guard then has nothing to say any more. */
import { expect, test } from "@jest/globals";
import { eventStage } from "../support/event-stage.js";
import { callApi, exchange, register } from "../support/world.js";

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
};

test.each([
  ["good", true],
  ["bad", false],
])("a %s token that is checked too late leaves the host's own answer alone", async (_title, isGood) => {
  let isImpatient = false;
  const stage = await eventStage({
    before: [
      (_request, response, next) => {
        if (isImpatient) setImmediate(() => response.status(504).send("too late"));
        next();
      },
    ],
  });
  const { identity_assertion: assertion } = (await register.anonymous(stage)).body;
  const { access_token: token } = (await exchange(stage, assertion)).body;
  if (!isGood) await stage.agent.post("/oauth2/revoke").type("form").send({ token });
  const checked = new Promise<void>((resolve) => {
    stage.steps.before = async (verb) => {
      if (verb !== "findAccessToken") return;
      await turns(20);
      setImmediate(resolve);
    };
  });
  const failures: unknown[] = [];
  const note = (reason: unknown) => failures.push(reason);
  process.on("unhandledRejection", note);
  isImpatient = true;
  const response = await callApi(stage, token);
  expect([response.status, response.text]).toEqual([504, "too late"]);
  await checked;
  await turns(5);
  process.off("unhandledRejection", note);
  expect(failures).toEqual([]);
});
