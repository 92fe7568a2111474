/** A claim with an ID-JAG never replaces the live attempt of another person (PROTOCOL section 4.2, bugs 13, 14, 15, 25). */
import { describe, expect, test } from "@jest/globals";
import {
  approved,
  changesNothing,
  claimBy,
  claimWaiting,
  type EventStage,
  eventStage,
  registered,
  steppedUp,
  waitingOf,
} from "../support/event-stage.js";
import { register, startClaim, submitPage } from "../support/world.js";
import { expectAgentRefusal, otherThan } from "./observed-world.js";

const claimTokenOf = async (stage: EventStage): Promise<string> =>
  (await register.anonymous(stage)).body.claim_token;
const carolsIdJag = ({ provider }: EventStage) => provider.idJag({ sub: "sub-carol" });
const delegationOf = async (stage: EventStage, subject: string) =>
  (await stage.rows("delegations")).find((row) => row.subject === subject);

describe("a live attempt of somebody else", () => {
  test.each([
    ["whose account has to approve", {}],
    ["who would be provisioned", { sub: "sub-carol" }],
  ])(
    "is not replaced by the ID-JAG of a person %s: nothing is created, and Bob can complete it",
    async (_who, claims) => {
      const stage = await eventStage();
      const claimToken = await claimTokenOf(stage);
      const bobs = waitingOf(
        claimToken,
        await startClaim(stage, claimToken, { login_hint: "bob@example.com" }),
      );
      const assertion = stage.provider.idJag(claims);
      const refused = await changesNothing(stage, () => claimBy(stage, claimToken, assertion));
      expectAgentRefusal(refused, 409, "ceremony_in_flight");
      await approved(stage, bobs, "bob");
      expect(await stage.rows("delegations")).toEqual([]);
      // It was refused before it was used up.
      const another = await claimTokenOf(stage);
      expect((await claimBy(stage, another, assertion)).status).toBe(200);
    },
  );

  test("is not replaced by the ID-JAG of a linked person either", async () => {
    const stage = await eventStage();
    await registered(stage);
    const claimToken = await claimTokenOf(stage);
    await startClaim(stage, claimToken);
    expectAgentRefusal(
      await changesNothing(stage, () => claimBy(stage, claimToken, carolsIdJag(stage))),
      409,
      "ceremony_in_flight",
    );
  });

  test("that an ID-JAG opened is not replaced by an ID-JAG about somebody else", async () => {
    const stage = await eventStage();
    const alices = await claimWaiting(stage);
    for (const sub of ["sub-bob", "sub-carol"])
      expectAgentRefusal(
        await changesNothing(stage, () => claimBy(stage, alices.claimToken, stage.provider.idJag({ sub }))),
        409,
        "ceremony_in_flight",
      );
    await approved(stage, alices);
  });

  test("is not in flight any more once it has expired: at 599 seconds it is, at 600 it is not", async () => {
    const stage = await eventStage();
    const claimToken = await claimTokenOf(stage);
    await startClaim(stage, claimToken, { login_hint: "bob@example.com" });
    stage.clock.advance(599);
    const assertion = carolsIdJag(stage);
    expectAgentRefusal(
      await changesNothing(stage, () => claimBy(stage, claimToken, assertion)),
      409,
      "ceremony_in_flight",
    );
    stage.clock.advance(1);
    expect((await claimBy(stage, claimToken, assertion)).body.status).toBe("claimed");
  });

  test("is not in flight any more after five wrong codes", async () => {
    const stage = await eventStage();
    const claimToken = await claimTokenOf(stage);
    const bobs = waitingOf(
      claimToken,
      await startClaim(stage, claimToken, { login_hint: "bob@example.com" }),
    );
    const userCode = otherThan(bobs.userCode);
    for (let guess = 0; guess < 5; guess += 1) await submitPage(stage, bobs.uri, "bob", { userCode });
    expect((await claimBy(stage, claimToken, carolsIdJag(stage))).body.status).toBe("claimed");
  });

  test("that starts while the account is being created is not replaced: nobody is linked", async () => {
    const stage = await eventStage();
    const claimToken = await claimTokenOf(stage);
    let bobs = waitingOf("", await startClaim(stage, claimToken));
    stage.clock.advance(600);
    stage.host.during("create", async () => {
      bobs = waitingOf(claimToken, await startClaim(stage, claimToken, { login_hint: "bob@example.com" }));
    });
    expectAgentRefusal(await claimBy(stage, claimToken, carolsIdJag(stage)), 409, "ceremony_in_flight");
    expect((await delegationOf(stage, "sub-carol"))?.user_id).toBeNull();
    await approved(stage, bobs, "bob");
  });
});

describe("a live attempt that a hint started, and a linked person whose provider knows another address", () => {
  test("is theirs when the hint names their account here", async () => {
    const stage = await eventStage();
    await approved(stage, await steppedUp(stage));
    const claimToken = await claimTokenOf(stage);
    await startClaim(stage, claimToken);
    const assertion = stage.provider.idJag({ email: "alice@work.example" });
    expect((await claimBy(stage, claimToken, assertion)).body.status).toBe("claimed");
  });

  test("is not theirs when the hint names somebody else's account, whatever the provider says", async () => {
    const stage = await eventStage();
    await approved(stage, await steppedUp(stage));
    const claimToken = await claimTokenOf(stage);
    const started = await startClaim(stage, claimToken, { login_hint: "bob@example.com" });
    const assertion = stage.provider.idJag({ email: "bob@example.com" });
    expectAgentRefusal(
      await changesNothing(stage, () => claimBy(stage, claimToken, assertion)),
      409,
      "ceremony_in_flight",
    );
    await approved(stage, waitingOf(claimToken, started), "bob");
  });

  test("is theirs when nobody here has the hinted address, and the provider says that they do", async () => {
    const stage = await eventStage();
    await approved(stage, await steppedUp(stage));
    const claimToken = await claimTokenOf(stage);
    await startClaim(stage, claimToken, { login_hint: "alice@work.example" });
    const assertion = stage.provider.idJag({ email: "alice@work.example" });
    expect((await claimBy(stage, claimToken, assertion)).body.status).toBe("claimed");
  });
});
