/** An operator whose session ends, or whose role changes, in the middle of something: a clear page, nothing half done. */
import type { Operator } from "@agent-auth/admin";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { filledIn, wordsOf } from "../support/form.js";
import { anonymousAgent, callApi, operatorHeader, type Stage, stage, Visitor } from "../support/stage.js";

const reason = "Campaign of spam";
const olgaSignedIn: Operator = { id: "op_olga", name: "Olga", role: "operator" };
let on: Stage;
let olga: Visitor;
/** Whoever the host's session says is there. */
let session: Operator | null;
let token: string;
beforeEach(async () => {
  session = olgaSignedIn;
  on = await stage({
    admin: {
      authorize: (request) => (request.get(operatorHeader) === undefined ? null : session),
      loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
    },
  });
  olga = new Visitor(on, "operator");
  ({ token } = await anonymousAgent(on, "Spam 1"));
  await anonymousAgent(on, "Spam 2");
  on.clock.advance(1);
});
afterEach(() => on.close());

const opened = async () => filledIn((await olga.get("/bulk/revoke?name=Spam")).text, "/bulk/revoke");
const press = (fields: Record<string, string[]>) =>
  olga.post("/bulk/revoke", { ...fields, reason, typed: "revoke 2" });
async function expectNothingDone() {
  expect(await on.auth.admin.listJobs()).toEqual([]);
  await on.auth.sweep();
  expect((await callApi(on, token)).status).toBe(200);
}

describe("a bulk action", () => {
  test("whose session ended before the button was pressed does nothing, says so, and can be repeated", async () => {
    const form = await opened();
    session = null;
    const reply = await press(form);
    expect(reply.status).toBe(403);
    expect(wordsOf(reply.text)).toContain("You have been signed out Nothing was changed.");
    expect(reply.text).toContain('href="/login?return_to=%2Fadmin%2Fagents"');
    expect(reply.text).not.toContain("Spam");
    await expectNothingDone();
    session = olgaSignedIn;
    expect((await press(form)).status).toBe(303);
    await on.auth.sweep();
    expect((await callApi(on, token)).status).toBe(401);
  });

  test("of somebody else who has signed in meanwhile is not theirs", async () => {
    const form = await opened();
    session = { id: "op_otto", name: "Otto", role: "admin" };
    const reply = await press(form);
    expect(reply.status).toBe(403);
    expect(wordsOf(reply.text)).toContain("This form is too old Nothing was changed.");
    await expectNothingDone();
  });

  test("of somebody who was made a viewer meanwhile is refused", async () => {
    const form = await opened();
    session = { ...olgaSignedIn, role: "viewer" };
    const reply = await press(form);
    expect(reply.status).toBe(403);
    expect(wordsOf(reply.text)).toContain("Your role does not allow this Nothing was changed.");
    await expectNothingDone();
  });

  test("that has started goes on without its operator, and says the same number to whoever looks", async () => {
    const started = await press(await opened());
    const path = (started.headers.location as string).slice(on.mount.length);
    session = null;
    const stranger = await olga.get(path);
    expect(stranger.status).toBe(303);
    expect(stranger.headers.location).toMatch(/^\/login\?return_to=%2Fadmin%2Fagents%2Fjobs%2Fjob_/);
    await on.auth.sweep();
    expect((await callApi(on, token)).status).toBe(401);
    session = { id: "op_otto", name: "Otto", role: "viewer" };
    const page = wordsOf((await olga.get(path)).text);
    expect(page).toContain("Exactly 2 registrations were revoked");
    expect(page).toContain("op_olga");
  });
});

describe("operators who do the same at once", () => {
  const crowd = () => Array.from({ length: 12 }, () => new Visitor(on, "operator"));
  const said = (replies: { headers: Record<string, string> }[]) =>
    replies.map(({ headers }) => /message=(\w+)\./.exec(headers.location ?? "")?.[1]).sort();
  const audit = async (type: "registration.revoked" | "registration.suspended") =>
    (await on.auth.admin.queries?.pageAudit({ type }, { after: null, limit: 50 }))?.rows ?? [];

  test("revoke an agent once: one is told that it is done, the others that it was, and the log has one line", async () => {
    const { id, token: mine } = await anonymousAgent(on, "Contested");
    const visitors = crowd();
    const forms = await Promise.all(
      visitors.map(async (visitor) =>
        filledIn((await visitor.get(`/registrations/${id}/revoke`)).text, `/registrations/${id}/revoke`),
      ),
    );
    const replies = await Promise.all(
      visitors.map((visitor, index) =>
        visitor.post(`/registrations/${id}/revoke`, { ...forms[index], reason: `Operator ${index}` }),
      ),
    );
    expect(said(replies)).toEqual(["revoked", ...Array.from({ length: 11 }, () => "unchanged")]);
    expect(await audit("registration.revoked")).toHaveLength(1);
    expect((await callApi(on, mine)).status).toBe(401);
    expect(on.failures).toEqual([]);
  });

  test("revoke and suspend the same agent: it is stopped, and each thing that happened is logged once", async () => {
    const { id, token: mine } = await anonymousAgent(on, "Contested");
    const replies = await Promise.all(
      crowd().map((visitor, index) =>
        visitor.submit(`/registrations/${id}/${index % 2 === 0 ? "revoke" : "suspend"}`, { reason }),
      ),
    );
    expect(replies.every(({ status }) => status === 303 || status === 409)).toBe(true);
    expect((await on.auth.findRegistration(id))?.status).toBe("revoked");
    expect(await audit("registration.revoked")).toHaveLength(1);
    expect((await audit("registration.suspended")).length).toBeLessThanOrEqual(1);
    expect((await callApi(on, mine)).status).toBe(401);
  });
});
