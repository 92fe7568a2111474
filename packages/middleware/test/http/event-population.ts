/** Owns everything that can carry one person of a provider, and everything next to it that must not be touched. */
import { expect } from "@jest/globals";
import {
  approved,
  changesNothing,
  claimBy,
  claimWaiting,
  type EventStage,
  registered,
  type Standing,
  waitingOf,
} from "../support/event-stage.js";
import { callApi, claimedByAlice, exchange, register } from "../support/world.js";
import { expectApiRefusal, expectOauthRefusal } from "./observed-world.js";

/** An anonymous registration that an ID-JAG claimed at once. */
async function claimedAtOnce(stage: EventStage): Promise<Standing> {
  const { id, claim_token: claimToken } = (await register.anonymous(stage)).body;
  const { identity_assertion: assertion } = (await claimBy(stage, claimToken, stage.provider.idJag())).body;
  return { id, assertion, accessToken: (await exchange(stage, assertion)).body.access_token };
}

/** Everything that can carry Alice's provider, and everything next to it that does not. */
export async function population(stage: EventStage) {
  const waiting = await claimWaiting(stage);
  const throughPage = await approved(stage, await claimWaiting(stage));
  const byClaim = await claimedAtOnce(stage);
  const byIdJag = await registered(stage, { sub: "sub-alice" });
  const viaOther = await claimOf(stage, "other");
  const byHint = (await claimedByAlice(stage)).body;
  return {
    waiting,
    carrying: { throughPage, byClaim, byIdJag },
    others: {
      "another person of the provider": await registered(stage),
      "Alice by another provider": viaOther,
      "Alice by hint": { accessToken: byHint.access_token, assertion: byHint.identity_assertion },
    },
  };
}

async function claimOf(stage: EventStage, from: "provider" | "other"): Promise<Standing> {
  const { claim_token: claimToken } = (await register.anonymous(stage)).body;
  return approved(stage, waitingOf(claimToken, await claimBy(stage, claimToken, stage[from].idJag())));
}

export async function expectDead(stage: EventStage, { accessToken, assertion }: Standing): Promise<void> {
  expectApiRefusal(await changesNothing(stage, () => callApi(stage, accessToken)), 401, "invalid_token");
  expectOauthRefusal(await changesNothing(stage, () => exchange(stage, assertion)), "invalid_grant");
}

export async function expectAlive(
  stage: EventStage,
  all: Record<string, Pick<Standing, "accessToken" | "assertion">>,
) {
  for (const [name, { accessToken, assertion }] of Object.entries(all)) {
    const answers = [(await callApi(stage, accessToken)).status, (await exchange(stage, assertion)).status];
    expect({ name, answers }).toEqual({ name, answers: [200, 200] });
  }
}

export const linkOf = async (stage: EventStage) =>
  (await stage.rows("delegations")).find(
    ({ issuer, subject }) => issuer === stage.provider.url && subject === "sub-alice",
  )?.user_id;
