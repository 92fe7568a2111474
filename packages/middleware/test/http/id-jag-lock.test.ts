/**
 * An ID-JAG belongs to its attempt and locks it to the matched account (PROTOCOL section 4.2): the attack in which
 * Mallory, who is Bob here, gets Alice's provider linked to his account, and every variant of it.
 */
import { describe, expect, test } from "@jest/globals";
import {
  approved,
  changesNothing,
  claimBy,
  claimWaiting,
  type EventStage,
  eventStage,
  identify,
  notify,
  steppedUp,
  type Waiting,
  waitingOf,
} from "../support/event-stage.js";
import {
  callApi,
  hiddenFields,
  openPage,
  poll,
  type Response,
  register,
  startClaim,
  submitPage,
} from "../support/world.js";
import { expectAgentRefusal, expectNotice, preparedForm } from "./observed-world.js";

const linkOf = async (stage: EventStage, subject = "sub-alice") =>
  (await stage.rows("delegations")).find((row) => row.subject === subject)?.user_id ?? null;
const isBobs = async (stage: EventStage) => (await stage.auth.registrationsOf("usr_bob")).length > 0;

/** 403, and not a word about whose account it is for: the only address is the visitor's own. */
function expectLockedOut(response: Response): void {
  expectNotice(response, 403, "This request is for another account");
  expect(response.text).toContain("You are signed in as <bdi>bob@example.com</bdi>");
  expect(response.text).not.toMatch(/alice|a\*+@/i);
}

/** Bob posts the form of the page with a code that is right, though no page ever gave him one. */
function bobForces(stage: EventStage, { uri, userCode }: Waiting, action = "authorize") {
  const attemptToken = new URL(uri).searchParams.get("claim_attempt_token") as string;
  return stage.agent
    .post("/agent/claim")
    .set({ "x-test-person": "bob", "Sec-Fetch-Site": "same-origin" })
    .type("form")
    .send({ claim_attempt_token: attemptToken, action, user_code: userCode, scope: "api.read" });
}

const ways: [string, (stage: EventStage) => Promise<Waiting>][] = [
  ["a claim with an ID-JAG", claimWaiting],
  ["a step-up", steppedUp],
];

describe.each(["refuse", "advise"] as const)("with wrongAccount %s", (wrongAccount) => {
  test.each(ways)("an attempt of %s is shut for everybody but Alice", async (_way, open) => {
    const stage = await eventStage({ options: { wrongAccount } });
    const waiting = await open(stage);
    expectLockedOut(await changesNothing(stage, () => openPage(stage, waiting.uri, "bob")));
    // The same address, but the host has not proven that this account's owner reads it.
    const unproven = await changesNothing(stage, () => openPage(stage, waiting.uri, "unverified"));
    expectNotice(unproven, 403, "This request is for another account");
    for (const action of ["authorize", "deny"])
      expectLockedOut(await changesNothing(stage, () => bobForces(stage, waiting, action)));
    await approved(stage, waiting);
    expect(await linkOf(stage)).toBe("usr_alice");
  });

  test.each(ways)("Alice's form of %s is worthless once Bob is signed in", async (_way, open) => {
    const stage = await eventStage({ options: { wrongAccount } });
    const waiting = await open(stage);
    const fields = hiddenFields((await openPage(stage, waiting.uri, "alice")).text);
    const form = { ...fields, action: "authorize", user_code: waiting.userCode, scope: "api.read" };
    const asBob = { "x-test-person": "bob", "Sec-Fetch-Site": "same-origin" };
    expectLockedOut(
      await changesNothing(stage, () => stage.agent.post("/agent/claim").set(asBob).type("form").send(form)),
    );
    expect(await linkOf(stage)).toBeNull();
  });

  test("the attack: Alice's ID-JAG, then a new attempt hinted at Mallory, links nothing", async () => {
    const stage = await eventStage({ options: { wrongAccount } });
    const alices = await claimWaiting(stage);
    const bobs = waitingOf(
      alices.claimToken,
      await startClaim(stage, alices.claimToken, { login_hint: "bob@example.com" }),
    );
    expect((await startClaim(stage, alices.claimToken, { login_hint: "bob@example.com" })).status).toBe(200);
    expectNotice(await openPage(stage, alices.uri, "alice"), 410, "There is a newer request");
    expectNotice(await openPage(stage, bobs.uri, "bob"), 410, "There is a newer request");

    const latest = waitingOf(
      alices.claimToken,
      await startClaim(stage, alices.claimToken, { login_hint: "bob@example.com" }),
    );
    const page = await openPage(stage, latest.uri, "bob");
    expect(page.text).not.toContain("Example AI");
    const mine = await approved(stage, latest, "bob");

    expect(await linkOf(stage)).toBeNull();
    expect(await stage.audit("delegation.created")).toEqual([]);
    const next = await identify(stage, stage.provider.idJag());
    expectAgentRefusal(next, 401, "interaction_required");
    // It carries nothing of Alice, so what her provider says does not touch it.
    await notify(stage, stage.provider.event());
    expect((await callApi(stage, mine.accessToken)).status).toBe(200);
  });

  test.each([
    ["Bob's hint", "bob@example.com"],
    ["nobody's hint", "nobody@example.com"],
    ["her own hint", "alice@example.com"],
  ])("a step-up asked for a new code with %s stays locked to Alice, with her link", async (_hint, hint) => {
    const stage = await eventStage({ options: { wrongAccount } });
    const first = await steppedUp(stage);
    const restarted = await startClaim(stage, first.claimToken, { login_hint: hint });
    expect([restarted.status, restarted.body.registration_type]).toEqual([200, "identity_assertion"]);
    expect(JSON.stringify(restarted.body)).not.toContain("@");
    const second = waitingOf(first.claimToken, restarted);
    expectLockedOut(await changesNothing(stage, () => bobForces(stage, second)));
    await approved(stage, second);
    expect([await linkOf(stage), await isBobs(stage)]).toEqual(["usr_alice", false]);
    expect((await identify(stage, stage.provider.idJag())).status).toBe(200);
  });
});

describe("an account that changes between the match and the code", () => {
  test.each(ways)("%s: Alice's new address changes nothing, the account is hers", async (_way, open) => {
    const stage = await eventStage();
    const waiting = await open(stage);
    const [alice] = stage.host.users;
    if (alice !== undefined) alice.email = "alice.new@example.com";
    await approved(stage, waiting);
    expect(await linkOf(stage)).toBe("usr_alice");
  });

  test.each(ways)("%s: who takes over her address does not take over the attempt", async (_way, open) => {
    const stage = await eventStage();
    const waiting = await open(stage);
    const [alice, bob] = stage.host.users;
    if (alice !== undefined) alice.email = "alice.new@example.com";
    if (bob !== undefined) bob.email = "alice@example.com";
    expectNotice(await openPage(stage, waiting.uri, "bob"), 403, "This request is for another account");
    const forced = await changesNothing(stage, () => bobForces(stage, waiting));
    expectNotice(forced, 403, "This request is for another account");
    await approved(stage, waiting);
    expect(await linkOf(stage)).toBe("usr_alice");
  });
});

describe("two agents that carry the same person of a provider", () => {
  /** Two attempts with ID-JAGs about one subject, the second after the host gave the address to Bob. */
  async function contested(stage: EventStage) {
    const alices = await claimWaiting(stage);
    const [alice, bob] = stage.host.users;
    if (alice !== undefined) alice.email = "alice.new@example.com";
    if (bob !== undefined) bob.email = "alice@example.com";
    return { alices, bobs: await claimWaiting(stage) };
  }

  test.each([
    ["alice", "bob"],
    ["bob", "alice"],
  ] as const)("for two users: %s is first, so %s's code binds nothing", async (winner, loser) => {
    const stage = await eventStage();
    const both = await contested(stage);
    const [first, second] = winner === "alice" ? [both.alices, both.bobs] : [both.bobs, both.alices];
    const submit = await preparedForm(stage, second.uri, loser);
    await approved(stage, first, winner);
    const answer = await changesNothing(stage, () => submit({ userCode: second.userCode }));
    expectNotice(answer, 410, "This link has expired");
    expect(await linkOf(stage)).toBe(`usr_${winner}`);
    expect(await stage.auth.registrationsOf(`usr_${loser}`)).toEqual([]);
    expect((await poll(stage, second.claimToken)).body).not.toHaveProperty("access_token");
    expectNotice(await openPage(stage, second.uri, loser), 410, "This link has expired");
  });

  test("for two users: Alice's code overtakes Bob's between his page and his bind, which binds nothing", async () => {
    const stage = await eventStage();
    const { alices, bobs } = await contested(stage);
    const submit = await preparedForm(stage, bobs.uri, "bob");
    stage.host.during("currentUser", () => approved(stage, alices));
    expect((await submit({ userCode: bobs.userCode })).status).toBe(303);
    expect([await linkOf(stage), await isBobs(stage)]).toEqual(["usr_alice", false]);
    expect(await stage.audit("delegation.created")).toHaveLength(1);
    expectNotice(await openPage(stage, bobs.uri, "bob"), 410, "This link has expired");
  });

  test("for two users at the same moment: one is bound, the other is not", async () => {
    const stage = await eventStage();
    const { alices, bobs } = await contested(stage);
    const forms = [
      await preparedForm(stage, alices.uri, "alice"),
      await preparedForm(stage, bobs.uri, "bob"),
    ];
    await Promise.all([forms[0]?.({ userCode: alices.userCode }), forms[1]?.({ userCode: bobs.userCode })]);
    const bound = (await stage.rows("registrations")).filter(({ claimed_at: claimed }) => claimed !== null);
    expect(bound.map(({ user_id: user }) => user)).toEqual([await linkOf(stage)]);
    expect(await stage.audit("delegation.created")).toHaveLength(1);
  });

  test("for one user: both are bound, and the link is made once", async () => {
    const stage = await eventStage();
    const [first, second] = [await claimWaiting(stage), await claimWaiting(stage)];
    const agents = [await approved(stage, first), await approved(stage, second)];
    for (const { accessToken } of agents) expect((await callApi(stage, accessToken)).status).toBe(200);
    expect(await stage.audit("delegation.created")).toHaveLength(1);
    expect(await stage.auth.registrationsOf("usr_alice")).toHaveLength(2);
  });

  test("for one user: the last ticks are the ceiling of the link", async () => {
    const stage = await eventStage();
    const [first, second] = [await claimWaiting(stage), await claimWaiting(stage)];
    await approved(stage, first);
    await submitPage(stage, second.uri, "alice", { userCode: second.userCode, scopes: ["api.read"] });
    expect(await stage.rows("delegations")).toMatchObject([
      { user_id: "usr_alice", scope_ceiling: "api.read" },
    ]);
    expect((await identify(stage, stage.provider.idJag())).body.scopes).toEqual(["api.read"]);
  });
});

describe("a link", () => {
  test("is between one subject and one account: another subject with the same address has to be approved", async () => {
    const stage = await eventStage();
    await approved(stage, await steppedUp(stage));
    const other = { sub: "sub-other", email: "alice@example.com" };
    expectAgentRefusal(await identify(stage, stage.provider.idJag(other)), 401, "interaction_required");
  });

  test("is with one provider: the same subject at another provider has to be approved", async () => {
    const stage = await eventStage();
    await approved(stage, await steppedUp(stage));
    expectAgentRefusal(await identify(stage, stage.other.idJag()), 401, "interaction_required");
    const { claim_token: claimToken } = (await register.anonymous(stage)).body;
    expect((await claimBy(stage, claimToken, stage.other.idJag())).body.status).toBe("initiated");
  });

  test("is not made by an unverified address of an account here", async () => {
    const stage = await eventStage();
    stage.host.users = [{ id: "usr_squatter", email: "carol@example.com", emailVerified: false }];
    const { claim_token: claimToken } = (await register.anonymous(stage)).body;
    await claimBy(stage, claimToken, stage.provider.idJag({ sub: "sub-carol" }));
    expect(await linkOf(stage, "sub-carol")).not.toBe("usr_squatter");
    expect(await stage.auth.registrationsOf("usr_squatter")).toEqual([]);
  });

  test("to a user who is gone matches nobody, and the person is found anew", async () => {
    const stage = await eventStage();
    await approved(stage, await steppedUp(stage));
    stage.host.users = [{ id: "usr_alice_2", email: "alice@example.com", emailVerified: true }];
    expectAgentRefusal(await identify(stage, stage.provider.idJag()), 401, "interaction_required");
    expect(await linkOf(stage)).toBeNull();
  });

  test("warns of a provider the person never linked, and not again afterwards", async () => {
    const stage = await eventStage();
    const warning = "You never linked";
    const first = await claimWaiting(stage);
    const second = await claimWaiting(stage);
    expect((await openPage(stage, first.uri, "alice")).text).toContain(warning);
    await approved(stage, first);
    expect((await openPage(stage, second.uri, "alice")).text).not.toContain(warning);
  });
});
