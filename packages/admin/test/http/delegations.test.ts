/** Unlinking a person who is really linked, and the workbench with an ID-JAG that passes. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { problemsIn, wordsOf } from "../support/form.js";
import { identify, linkedAgent, type ProviderStage, providerStage } from "../support/provider.js";
import { callApi, Visitor } from "../support/stage.js";

const reason = "The person asked for it";
let on: ProviderStage;
let olga: Visitor;
beforeEach(async () => {
  on = await providerStage();
  olga = new Visitor(on, "operator");
});
afterEach(() => on.close());

const subject = "person-alice";
const unlinkPath = () =>
  `/delegations/unlink?issuer=${encodeURIComponent(on.idp.issuer)}&subject=${encodeURIComponent(subject)}`;
const deleted = async () =>
  (await on.auth.admin.queries?.pageAudit({ type: "delegation.deleted" }, { after: null, limit: 50 }))
    ?.rows ?? [];
const later = () => on.clock.advance(1);

describe("POST /delegations/unlink", () => {
  test("lets agents that are in go on, and asks the person before the next one", async () => {
    const { token } = await linkedAgent(on);
    later();
    expect((await identify(on, on.idJag())).status).toBe(200);
    const list = await olga.get("/delegations");
    expect(list.text).toContain(subject);
    expect(list.text).toContain("usr_alice");
    const reply = await olga.submit(unlinkPath(), { reason });
    expect(reply.headers.location).toContain("message=unlinked.");
    expect((await olga.get("/delegations")).text).not.toContain(subject);
    expect((await callApi(on, token)).status).toBe(200);
    later();
    const asked = await identify(on, on.idJag());
    expect([asked.status, asked.body.error]).toEqual([401, "interaction_required"]);
    expect(await deleted()).toMatchObject([
      {
        actor: { kind: "operator", id: "op_operator" },
        detail: { iss: on.idp.issuer, sub: subject, userId: "usr_alice", reason },
      },
    ]);
  });

  test("refuses an ID-JAG minted before, so that none in a drawer undoes it", async () => {
    await linkedAgent(on);
    const kept = on.idJag();
    await olga.submit(unlinkPath(), { reason });
    expect((await identify(on, kept)).body.error).toBe("assertion_revoked");
  });

  test("a person who consents anew is linked anew", async () => {
    const first = await linkedAgent(on);
    await olga.submit(unlinkPath(), { reason });
    later();
    const second = await linkedAgent(on);
    expect(second.id).toBe(first.id);
    expect((await callApi(on, second.token)).status).toBe(200);
    expect((await olga.get("/delegations")).text).toContain(subject);
  });

  test("an old form, and two operators at once: it is unlinked once, and the others are told", async () => {
    await linkedAgent(on);
    const visitors = [olga, new Visitor(on, "admin"), new Visitor(on, "operator")];
    const replies = await Promise.all(visitors.map((visitor) => visitor.submit(unlinkPath(), { reason })));
    const late = await olga.post("/delegations/unlink", { issuer: on.idp.issuer, subject, reason });
    const said = [...replies, late].map(
      ({ headers }) => /message=(\w+)\./.exec(headers.location as string)?.[1],
    );
    expect(said.sort()).toEqual(["unchanged", "unchanged", "unchanged", "unlinked"]);
    expect(await deleted()).toHaveLength(1);
  });

  test("wants a reason, and a role; refused, the link stays", async () => {
    const { token } = await linkedAgent(on);
    const fields = { issuer: on.idp.issuer, subject };
    const silent = await olga.post("/delegations/unlink", fields);
    expect(silent.status).toBe(422);
    expect(problemsIn(silent.text)).toHaveProperty("reason");
    const csrf = await olga.csrf();
    const viewer = await new Visitor(on, "viewer").post("/delegations/unlink", { ...fields, reason, csrf });
    expect(viewer.status).toBe(403);
    later();
    expect((await identify(on, on.idJag())).status).toBe(200);
    expect((await callApi(on, token)).status).toBe(200);
    expect(await deleted()).toEqual([]);
  });
});

describe("POST /workbench with a good ID-JAG", () => {
  const check = (assertion: string) => new Visitor(on, "admin").post("/workbench", { assertion });
  const outcomes = (html: string) =>
    [...html.matchAll(/class="badge badge-\w+">(Passed|Failed|Not reached)</g)].map(([, word]) => word);

  test("passes every check, is not used up, and registers afterwards, once", async () => {
    await linkedAgent(on);
    later();
    const assertion = on.idJag();
    for (let times = 0; times < 2; times += 1) {
      const reply = await check(` ${assertion}\n`);
      expect(reply.status).toBe(200);
      expect(new Set(outcomes(reply.text))).toEqual(new Set(["Passed"]));
      expect(outcomes(reply.text).length).toBeGreaterThan(20);
      expect(wordsOf(reply.text)).toContain("It would be let in at once");
      expect(reply.text).not.toContain(assertion);
    }
    expect((await identify(on, assertion)).status).toBe(200);
    const used = await check(assertion);
    expect(outcomes(used.text).filter((word) => word === "Failed")).toHaveLength(1);
    expect(wordsOf(used.text)).toContain("It would be refused at replay");
    expect((await identify(on, assertion)).body.error).toBe("replay_detected");
  });

  test("says that the person would be asked, where they are not linked", async () => {
    const assertion = on.idJag();
    expect(wordsOf((await check(assertion)).text)).toContain("The person would be asked here first");
    expect((await identify(on, assertion)).body.error).toBe("interaction_required");
  });

  test("is for admins, whoever posts it by hand", async () => {
    const assertion = on.idJag();
    const reply = await olga.post("/workbench", { assertion });
    expect(reply.status).toBe(403);
    expect(reply.text).not.toContain(subject);
    expect((await identify(on, assertion)).body.error).toBe("interaction_required");
  });
});

test("a service that takes no ID-JAGs says so where providers are trusted", async () => {
  const trusted = await new Visitor(on, "admin").get("/providers");
  expect(trusted.text).not.toContain("takes no ID-JAGs");
  await on.close();
  on = await providerStage({ options: { trustedProviders: undefined } });
  expect((await identify(on, on.idJag())).body.error).toBe("identity_assertion_not_enabled");
  const admin = new Visitor(on, "admin");
  for (const path of ["/providers", "/providers/add"])
    expect(wordsOf((await admin.get(path)).text)).toContain("This service takes no ID-JAGs");
});
