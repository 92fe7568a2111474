/** How operators' counts of events come about: each event once, whether the audit log has it or not. */
import { beforeEach, expect, test } from "@jest/globals";
import { assertionRevokedEvent } from "../../src/protocol/security-event.js";
import { bare, ecKey, type Mint } from "../support/issuer.js";
import { type ProviderWorld, providerWorld } from "../support/issuer-world.js";
import { issuer as us } from "../support/world.js";

let stage: ProviderWorld;
beforeEach(async () => {
  stage = await providerWorld();
});

const event = ({ header, claims, ...mint }: Mint = {}) =>
  stage.idp.mint({
    header: { typ: "secevent+jwt", ...header },
    claims: { aud: us, events: { [assertionRevokedEvent]: {} }, ...claims },
    ...mint,
  });
const notify = (token: string) =>
  stage.agent.post("/agent/event/notify").type("application/secevent+jwt").send(token);
/** Counts are written after the answer. */
const counts = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const input = { issuer: stage.idp.issuer, days: 1, now: stage.clock.now() };
  return (await stage.auth.admin.queries?.providerCounts(input))?.events;
};

test("one that is accepted counts once, and its redelivery is no other one", async () => {
  const token = event();
  expect((await notify(token)).status).toBe(202);
  expect((await notify(token)).status).toBe(202);
  expect(await counts()).toEqual({ accepted: 1, refused: [] });
});

test("one that is rejected and audited counts once, by the error it was answered with", async () => {
  expect((await notify(event({ claims: { aud: "https://elsewhere.example" } }))).body.err).toBe(
    "invalid_audience",
  );
  expect((await stage.rows("audit_events")).filter(({ type }) => type === "event.rejected")).toHaveLength(1);
  expect(await counts()).toEqual({ accepted: 0, refused: [{ reason: "invalid_audience", count: 1 }] });
});

test("one that anybody could have made is not audited, and counts once", async () => {
  const forged = event({ key: { ...ecKey(), kid: stage.idp.key.kid } });
  expect((await notify(forged)).body.err).toBe("authentication_failed");
  expect((await stage.rows("audit_events")).filter(({ type }) => type === "event.rejected")).toEqual([]);
  expect(await counts()).toEqual({ accepted: 0, refused: [{ reason: "authentication_failed", count: 1 }] });
});

test("one whose keys cannot be had counts once", async () => {
  stage.idp.answers.set("/.well-known/jwks.json", bare(503));
  await notify(event());
  expect((await counts())?.refused).toMatchObject([{ count: 1 }]);
});
