/** Owns the stories of an operator and the providers whose agents come in: disabled, unlinked, tried, and an incident. */
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, grants } from "../support/agent.js";
import { approve } from "../support/approve.js";
import { Browser } from "../support/browser.js";
import { dashboard, headingOf, linksTo, messageOf, Operator, readable, rowsOf } from "../support/operator.js";
import { idJagUrn, ProviderPerson } from "../support/provider.js";
import { startDemoWithProvider } from "../support/running-demo.js";
import { secondAfter } from "../support/seconds.js";

describe("an operator", () => {
  let demo: RunningDemo & { issuer: string };
  let agent: AgentClient;
  let operator: Operator;
  let carol: ProviderPerson;
  let at: string;
  beforeEach(async () => {
    demo = await startDemoWithProvider();
    agent = await AgentClient.discover(demo.baseUrl);
    operator = new Operator(demo.baseUrl);
    carol = new ProviderPerson(demo.issuer, "carol");
    at = encodeURIComponent(demo.issuer);
  });
  afterEach(() => demo.close());

  const present = (assertion: string) =>
    agent.register({ type: "identity_assertion", assertion_type: idJagUrn, assertion });
  const register = async (who: ProviderPerson) => present(await who.idJag(demo.baseUrl));
  const enter = async (who: ProviderPerson) => {
    const { body } = await register(who);
    await agent.getToken({ grant_type: grants.jwtBearer, assertion: body.identity_assertion });
    return body.registration_id as string;
  };

  it("disables a provider: nobody new comes in, who is in goes on, until it is enabled again", async () => {
    await enter(carol);
    const question = await operator.open(`/providers/switch/disable?issuer=${at}`);
    expect(readable(question.html)).toMatch(/What it registered before goes on: 1 not revoked/);
    const done = await operator.press(`/providers/switch/disable?issuer=${at}`, "Disable it now", {
      reason: "They told us of a breach",
    });
    expect(messageOf(done)).toContain("Disabled.");
    const refused = await register(carol);
    expect(refused).toMatchObject({ status: 400, body: { error: "issuer_not_enabled" } });
    expect((await agent.readNotes()).status).toBe(200);

    const again = await operator.press(`/providers/switch/enable?issuer=${at}`, "Enable it", {
      reason: "They cleaned up",
    });
    expect(messageOf(again)).toContain("Enabled.");
    expect((await register(carol)).status).toBe(200);
  });

  it("ends everything of a provider, which is disabled first", async () => {
    await enter(carol);
    const shown = await operator.press("/incident", "Disable it and revoke its agents…", {
      provider_who: demo.issuer,
      provider_reason: "Its key is on a forum",
      provider_typed: demo.issuer,
    });
    expect(headingOf(shown)).toBe("Revoke 1 registration");
    expect((await agent.readNotes()).status).toBe(200);
    const job = await operator.goOn(shown, "Disable it and revoke 1 registration now");
    const over = await operator.finished(job);
    expect(readable(over.html)).toContain("Exactly 1 registration was revoked.");
    expect((await agent.readNotes()).status).toBe(401);
    expect(await register(carol)).toMatchObject({ status: 400, body: { error: "issuer_not_enabled" } });
    expect(readable((await operator.open("/providers")).html)).toContain("Disabled");
  });

  it("unlinks a person: their agent goes on, the next one has to be approved by them", async () => {
    const alice = new ProviderPerson(demo.issuer, "alice");
    const asked = await register(alice);
    expect(asked.status).toBe(401);
    await approve(new Browser(demo.baseUrl), asked.body.claim);
    await agent.getToken({ grant_type: grants.claim, claim_token: asked.body.claim_token });
    expect((await register(alice)).status).toBe(200);

    const [unlink = ""] = linksTo(await operator.open("/delegations"), "/delegations/unlink");
    const done = await operator.press(unlink.slice(dashboard.length), "Unlink", {
      reason: "Alice asked for it",
    });
    expect(messageOf(done)).toContain("Unlinked.");
    expect((await agent.readNotes()).status).toBe(200);
    // An ID-JAG of the second of the unlinking counts as older than it.
    await secondAfter(Math.floor(Date.now() / 1000));
    expect(await register(alice)).toMatchObject({ status: 401, body: { error: "interaction_required" } });
  });

  it("tries an ID-JAG at the workbench, and it can still be used once", async () => {
    const assertion = await carol.idJag(demo.baseUrl);
    const page = await operator.press("/workbench", "Check it", { assertion });
    expect(page.status).toBe(200);
    expect(readable(page.html)).toContain("An account would be created for this person");
    expect(page.html).not.toContain(assertion);
    expect((await present(assertion)).status).toBe(200);
    const used = await operator.press("/workbench", "Check it", { assertion });
    expect(readable(used.html)).toContain("It would be refused at");
    expect((await present(assertion)).body.error).toBe("replay_detected");
    expect(rowsOf(await operator.open("/registrations")).length).toBe(2);
  });
});
