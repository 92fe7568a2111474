/** Owns what every refusal of an event by a trusted provider has to look like, and to leave as it was. */
import { expect } from "@jest/globals";
import { changesNothing, type EventStage, expectEventRefusal } from "../support/event-stage.js";
import type { Response } from "../support/world.js";

/**
 * Refused, noted as the provider's doing, and nothing else happened: the jti is not used up. What anybody can send in
 * the provider's name is not noted.
 */
export async function expectRefused(stage: EventStage, send: () => PromiseLike<Response>, err: string) {
  const isForgeable = err === "authentication_failed" || err === "invalid_key";
  const refused = await changesNothing(stage, send, { noted: isForgeable ? [] : ["event.rejected"] });
  expectEventRefusal(refused, err);
  if (isForgeable) return;
  const [row] = (await stage.audit("event.rejected")).slice(-1);
  expect(row).toMatchObject({
    actor_kind: "provider",
    actor_id: stage.provider.url,
    registration_id: null,
    ip: expect.stringContaining("127.0.0.1"),
  });
  const detail = JSON.parse(String(row?.detail));
  expect(detail).toEqual({ iss: stage.provider.url, error: err, check: expect.any(String) });
}
