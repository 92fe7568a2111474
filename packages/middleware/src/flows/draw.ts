/** Owns how ids and opaque secrets are drawn: from random bytes, and the time they are made at. */
import { formatId, formatRowId, type IdPrefix, idBytes } from "../protocol/ids.js";
import type { EpochSeconds, Plaintext } from "../protocol/model.js";
import { formatSecret, secretBytes } from "../protocol/secrets.js";
import type { FlowContext } from "./context.js";

export function newId(context: FlowContext, prefix: IdPrefix): string {
  return formatId(prefix, context.random.bytes(idBytes));
}

/** The id of a row that is made at `now`. */
export function newRowId(context: FlowContext, prefix: IdPrefix, now: EpochSeconds): string {
  return formatRowId(prefix, preciseTime(context, now), context.random.bytes(idBytes));
}

/** A secret that is handed out at `now`. */
export function newSecret<Purpose extends "access_token" | "claim_token" | "claim_attempt_token">(
  context: FlowContext,
  purpose: Purpose,
  now: EpochSeconds,
): Plaintext<Purpose> {
  return formatSecret(purpose, preciseTime(context, now), context.random.bytes(secretBytes));
}

/** Whole milliseconds since the epoch, as far as the clock tells them. A host's clock may tell fractions. */
function preciseTime({ clock }: FlowContext, now: EpochSeconds): number {
  return Math.max(0, Math.floor(now * 1000 + (clock.milliseconds?.() ?? 0)));
}
