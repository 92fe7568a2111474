/** What an operator's change means for other agents of the same person, as the pages tell and undo it. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { wordsOf } from "../support/form.js";
import { identify, linkedAgent, type ProviderStage, providerStage } from "../support/provider.js";
import { Visitor } from "../support/stage.js";

const reason = "An incident";
let on: ProviderStage;
let adam: Visitor;
beforeEach(async () => {
  on = await providerStage();
  adam = new Visitor(on, "admin");
});
afterEach(() => on.close());

const revoke = (id: string) => adam.submit(`/registrations/${id}/revoke`, { reason });

test("an incident says how many links it has cut, next to the registrations", async () => {
  await linkedAgent(on);
  const operator = { operatorId: "op_admin", reason, ip: null };
  const { id } = await on.auth.admin.startJob({
    action: "revoke",
    filter: { userId: "usr_alice" },
    includeNew: true,
    operator,
  });
  await on.auth.sweep();
  const page = wordsOf((await adam.get(`/jobs/${id}`)).text);
  expect(page).toContain("Exactly 1 registration was revoked.");
  expect(page).toContain("Links to providers cut1");
});

test("the end date of a revoked agent can be removed, so that its person can come back", async () => {
  const { id } = await linkedAgent(on);
  const endDate = `/registrations/${id}/end-date`;
  const yesterday = new Date((on.clock.now() - 86_400) * 1000).toISOString().slice(0, 10);
  await adam.submit(endDate, { reason, ends_on: yesterday });
  await revoke(id);
  on.clock.advance(1);
  expect((await identify(on, on.idJag())).body.error).toBe("registration_suspended");
  expect((await adam.get(`/registrations/${id}`)).text).toContain(endDate);
  const reply = await adam.submit(endDate, { reason, ends_on: "" });
  expect(reply.headers.location).toContain("message=end_date_cleared.");
  expect((await adam.get(`/registrations/${id}`)).text).not.toContain(endDate);
  expect((await identify(on, on.idJag())).body.error).toBe("interaction_required");
});
