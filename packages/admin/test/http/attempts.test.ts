/** The column of wrong codes on the page of a registration: wrong ones, and never the right one. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { wordsOf } from "../support/form.js";
import {
  claimedAgent,
  hiddenFields,
  people,
  type Stage,
  settleClaim,
  stage,
  Visitor,
} from "../support/stage.js";

let on: Stage;
beforeEach(async () => {
  on = await stage();
});
afterEach(() => on.close());

/** The cells of the column. */
async function wrongCodes(id: string): Promise<string[]> {
  const { text } = await new Visitor(on, "operator").get(`/registrations/${id}`);
  return [...text.matchAll(/data-label="Wrong codes">(.*?)<\/td>/gs)].map(([, cell = ""]) =>
    wordsOf(cell).trim(),
  );
}

test("a claim that went well at once has none", async () => {
  const { id } = await claimedAgent(on, "alice");
  expect(await wrongCodes(id)).toEqual(["0"]);
});

test("two wrong codes before the right one are two", async () => {
  const login_hint = people.alice?.email;
  const { body } = await on.agent
    .post("/agent/identity")
    .send({ type: "service_auth", login_hint })
    .expect(200);
  const { pathname, search } = new URL(body.claim.verification_uri);
  const page = await on.agent.get(pathname + search).set("x-test-person", "alice");
  const wrong = body.claim.user_code === "000000" ? "000001" : "000000";
  for (let times = 0; times < 2; times += 1)
    await on.agent
      .post("/agent/claim")
      .set("x-test-person", "alice")
      .set("Sec-Fetch-Site", "same-origin")
      .type("form")
      .send({ ...hiddenFields(page.text), action: "authorize", user_code: wrong, scope: "api.read" });
  expect(await wrongCodes(body.registration_id)).toEqual(["2"]);
  await settleClaim(on, "alice", body);
  expect(await wrongCodes(body.registration_id)).toEqual(["2"]);
});
