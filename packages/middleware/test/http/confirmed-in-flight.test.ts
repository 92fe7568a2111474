/** What a person's confirmation holds off while its code waits for the agent, and that it lapses (PROTOCOL section 4.2). */
import { describe, expect, test } from "@jest/globals";
import {
  changesNothing,
  claimBy,
  claimWaiting,
  type EventStage,
  eventStage,
  identify,
  steppedUp,
  waitingOf,
} from "../support/event-stage.js";
import { complete, reveal, wrongCode } from "../support/read-back.js";
import { type Response, register, startClaim } from "../support/world.js";
import { expectAgentRefusal } from "./observed-world.js";

const inFlight = (response: Response) => expectAgentRefusal(response, 409, "ceremony_in_flight");

async function asked(stage: EventStage, loginHint = "alice@example.com") {
  const claimToken = (await register.anonymous(stage)).body.claim_token as string;
  return waitingOf(claimToken, await startClaim(stage, claimToken, { login_hint: loginHint }));
}

describe("a new attempt", () => {
  test("is in flight while the code waits, and nothing is replaced: the code still works", async () => {
    const stage = await eventStage();
    const visit = await asked(stage);
    const code = await reveal(stage, visit);
    stage.clock.advance(599);
    for (const hint of ["alice@example.com", "bob@example.com"])
      inFlight(await changesNothing(stage, () => startClaim(stage, visit.claimToken, { login_hint: hint })));
    expect((await complete(stage, visit.claimToken, code)).status).toBe(200);
  });

  test("starts once the confirmation has lapsed, in that very second", async () => {
    const stage = await eventStage();
    const visit = await asked(stage);
    const code = await reveal(stage, visit);
    stage.clock.advance(600);
    const next = waitingOf(visit.claimToken, await startClaim(stage, visit.claimToken));
    expectAgentRefusal(await complete(stage, visit.claimToken, code), 409, "claim_not_confirmed");
    expect((await complete(stage, visit.claimToken, await reveal(stage, next))).status).toBe(200);
  });

  test("starts once the guesses are used up", async () => {
    const stage = await eventStage();
    const visit = await asked(stage);
    const code = await reveal(stage, visit);
    for (let guess = 0; guess < 5; guess += 1) await complete(stage, visit.claimToken, wrongCode(code));
    expect((await startClaim(stage, visit.claimToken)).status).toBe(200);
  });

  test("of a step-up is in flight too, at the claim and at the identity endpoint, until it lapses", async () => {
    const stage = await eventStage();
    const visit = await steppedUp(stage);
    await reveal(stage, visit);
    inFlight(await changesNothing(stage, () => startClaim(stage, visit.claimToken)));
    const renewal = () => identify(stage, stage.provider.idJag());
    inFlight(await changesNothing(stage, renewal, { except: ["seen_jwt_ids"] }));
    stage.clock.advance(600);
    expectAgentRefusal(await renewal(), 401, "interaction_required");
    // Renewing gave the claim another handle.
    expectAgentRefusal(
      await startClaim(stage, visit.claimToken),
      401,
      "invalid_claim_token",
      "invalid_claim",
    );
  });
});

describe("an ID-JAG for a claim that a person has confirmed", () => {
  test.each([
    ["whose account has to approve", {}],
    ["who would be provisioned", { sub: "sub-carol" }],
  ])("is in flight for another person %s, and creates nothing", async (_who, claims) => {
    const stage = await eventStage();
    const visit = await asked(stage, "bob@example.com");
    const code = await reveal(stage, visit, "bob");
    const assertion = stage.provider.idJag(claims);
    inFlight(await changesNothing(stage, () => claimBy(stage, visit.claimToken, assertion)));
    expect((await complete(stage, visit.claimToken, code)).status).toBe(200);
    expect(await stage.rows("delegations")).toEqual([]);
    expect((await stage.rows("registrations"))[0]?.user_id).toBe("usr_bob");
  });

  test("goes through once the confirmation has lapsed", async () => {
    const stage = await eventStage();
    const visit = await asked(stage, "bob@example.com");
    const code = await reveal(stage, visit, "bob");
    stage.clock.advance(600);
    const assertion = stage.provider.idJag({ sub: "sub-carol" });
    expect((await claimBy(stage, visit.claimToken, assertion)).body.status).toBe("claimed");
    expectAgentRefusal(
      await complete(stage, visit.claimToken, code),
      409,
      "claimed_or_in_flight",
      "already_claimed",
    );
  });

  test("of the same linked person binds at once, and their code is dead", async () => {
    const stage = await eventStage();
    const linked = await steppedUp(stage);
    await complete(stage, linked.claimToken, await reveal(stage, linked));
    const visit = await asked(stage);
    const code = await reveal(stage, visit);
    expect((await claimBy(stage, visit.claimToken, stage.provider.idJag())).body.status).toBe("claimed");
    expectAgentRefusal(
      await complete(stage, visit.claimToken, code),
      409,
      "claimed_or_in_flight",
      "already_claimed",
    );
  });

  test("of the same person who has to approve is in flight: they have approved without it", async () => {
    const stage = await eventStage();
    const visit = await asked(stage);
    await reveal(stage, visit);
    const send = () => claimBy(stage, visit.claimToken, stage.provider.idJag());
    inFlight(await changesNothing(stage, send, { except: ["seen_jwt_ids"] }));
  });

  test("that another person confirms between the look and the bind is in flight: nobody is linked", async () => {
    const stage = await eventStage({ options: { wrongAccount: "advise" } });
    const linked = await steppedUp(stage);
    await complete(stage, linked.claimToken, await reveal(stage, linked));
    const visit = await asked(stage);
    let code = "";
    stage.steps.before = (verb) => {
      if (verb !== "bindByIdJag") return undefined;
      stage.steps.before = () => undefined;
      return reveal(stage, visit, "bob").then((revealed) => {
        code = revealed;
      });
    };
    const before = await stage.rows("delegations");
    inFlight(await claimBy(stage, visit.claimToken, stage.provider.idJag()));
    expect(await stage.rows("delegations")).toEqual(before);
    expect((await complete(stage, visit.claimToken, code)).status).toBe(200);
    expect((await stage.rows("registrations"))[1]).toMatchObject({ user_id: "usr_bob", issuer: null });
  });

  test("that opened the attempt itself is completed by the person it is locked to", async () => {
    const stage = await eventStage();
    const visit = await claimWaiting(stage);
    const code = await reveal(stage, visit);
    expect((await complete(stage, visit.claimToken, code)).body.status).toBe("claimed");
    expect(await stage.rows("delegations")).toMatchObject([
      { user_id: "usr_alice", scope_ceiling: "api.read api.write" },
    ]);
  });
});
