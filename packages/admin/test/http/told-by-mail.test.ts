/** Where revoking an agent sends its person a mail, what stands before the button says so; and nowhere else. */
import { afterEach, describe, expect, test } from "@jest/globals";
import { wordsOf } from "../support/form.js";
import { anonymousAgent, claimedAgent, type Stage, stage, Visitor } from "../support/stage.js";

const mail = { smtp: "smtp://127.0.0.1:1", from: "Notes <no-reply@example.com>" };
const one = "The person it acts for is told by mail.";
const many = "People whose agents are revoked are told by mail, once for each agent.";

let on: Stage;
let admin: Visitor;
const open = async (options: object) => {
  on = await stage({ options });
  admin = new Visitor(on, "admin");
};
afterEach(() => on.close());

const textOf = async (path: string) => wordsOf((await admin.get(path)).text);
const revocationMails = async () =>
  (
    (await on.auth.admin.queries?.pageMail({ template: "agent_revoked" }, { after: null, limit: 9 }))?.rows ??
    []
  ).length;

test("is said of one, of all that a filter finds, and of an incident", async () => {
  await open({ mail });
  const { id } = await claimedAgent(on, "alice");
  expect(await textOf(`/registrations/${id}/revoke`)).toContain(one);
  expect(await textOf("/bulk/revoke?user=usr_alice")).toContain(many);
  expect(await textOf("/incident")).toContain(many);
  const fields = { reach: "all", all_reason: "Over", all_typed: "revoke everything" };
  expect(wordsOf((await admin.post("/incident", fields)).text)).toContain(many);
  expect(await revocationMails()).toBe(0);
  expect((await admin.submit(`/registrations/${id}/revoke`, { reason: "Over" })).status).toBe(303);
  expect(await revocationMails()).toBe(1);
});

test("is not said of an agent that acts for nobody, whose end nobody is told of", async () => {
  await open({ mail });
  const { id } = await anonymousAgent(on);
  expect(await textOf(`/registrations/${id}/revoke`)).not.toContain("by mail");
  await admin.submit(`/registrations/${id}/revoke`, { reason: "Over" });
  expect(await revocationMails()).toBe(0);
});

test("is not said of what stops an agent in another way", async () => {
  await open({ mail });
  const { id } = await claimedAgent(on, "alice");
  for (const path of [
    `/registrations/${id}/suspend`,
    `/registrations/${id}/narrow`,
    "/bulk/suspend?user=usr_alice",
  ])
    expect(await textOf(path)).not.toContain("by mail");
});

describe("without mail", () => {
  test("nothing is said of it", async () => {
    await open({});
    const { id } = await claimedAgent(on, "alice");
    for (const path of [`/registrations/${id}/revoke`, "/bulk/revoke?user=usr_alice", "/incident"])
      expect(await textOf(path)).not.toContain("by mail");
  });
});
