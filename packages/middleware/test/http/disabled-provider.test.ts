/** A link that does not exist yet is not made any more once its provider is disabled: no page, no code, no new attempt. */
import { beforeEach, expect, test } from "@jest/globals";
import { aProvider } from "../../src/testing/builders.js";
import { eventIssuer } from "../support/event-issuer.js";
import { identify } from "../support/event-stage.js";
import { notice } from "../support/headings.js";
import { type MailWorld, mailWorld } from "../support/mail-world.js";
import { leavesAll } from "../support/mailbox.js";
import { complete, reveal } from "../support/read-back.js";
import { openPage, poll, startClaim } from "../support/world.js";
import { expectAgentRefusal, expectNotice, expectOauthRefusal } from "./observed-world.js";

let stage: MailWorld;
beforeEach(async () => {
  stage = await mailWorld();
});

/** Alice's step-up at a provider that operators added, and how they disable it. */
async function opened() {
  const rowed = await eventIssuer("Example Rows");
  rowed.clock = stage.clock;
  const provider = aProvider({ issuer: rowed.url });
  await stage.store.saveProvider({ provider, seen: null, now: stage.clock.now(), audit: [] });
  const { status, body } = await identify(stage, rowed.idJag());
  expect([status, body.error]).toEqual([401, "interaction_required"]);
  const { verification_uri: uri, user_code: userCode } = body.claim;
  const attemptToken = new URL(uri).searchParams.get("claim_attempt_token") as string;
  const waiting = {
    id: body.id as string,
    claimToken: body.claim_token as string,
    uri,
    userCode,
    attemptToken,
  };
  const disable = () =>
    stage.store.setProviderDisabled({
      issuer: rowed.url,
      disabled: true,
      now: stage.clock.now(),
      audit: [],
    });
  return { waiting, disable };
}

test("an open step-up ends: its page, its revealed code and its restart", async () => {
  const { waiting, disable } = await opened();
  const code = await reveal(stage, waiting);
  expect(await disable()).toBe(true);
  const page = await leavesAll(stage, () => openPage(stage, waiting.uri, "alice"));
  expectNotice(page, 403, notice("provider_disabled"));
  expectAgentRefusal(
    await leavesAll(stage, () => complete(stage, waiting.claimToken, code)),
    410,
    "otp_expired",
    "user_code_expired",
  );
  expectAgentRefusal(
    await leavesAll(stage, () => startClaim(stage, waiting.claimToken)),
    400,
    "issuer_not_enabled",
    "invalid_issuer",
  );
  expectOauthRefusal(await poll(stage, waiting.claimToken), "authorization_pending");
});
