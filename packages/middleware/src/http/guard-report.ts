/** Owns what is told of a guard's decision: the answer to who may not pass, its line in the log, and the count. */

import type { Request, Response } from "express";
import { type GuardOutcome, guardOutcomes, noMetrics } from "../metrics-port.js";
import { StoreUnavailable } from "../ports.js";
import type { Refusal } from "../protocol/errors.js";
import { resourceRefusal } from "./refusal-reply.js";
import { writeReply } from "./reply.js";
import type { GuardParts } from "./require-agent.js";
import { identifyRequest } from "./visit.js";

/** Why a request may not pass, and who it was, if that is known. */
export interface Verdict {
  refusal: Refusal;
  registrationId?: string;
}

/** What a decision is counted as. */
export function outcomeOf(verdict: Verdict | null): GuardOutcome {
  if (verdict === null) return "passed";
  return guardOutcomes.find((outcome) => outcome === verdict.refusal.reason) ?? "unavailable";
}

/** Counts and times a decision, where somebody asked for that; the others pay nothing for it. */
export function measured<Decision>(
  parts: Pick<GuardParts, "metrics" | "startWatch">,
  decide: () => Promise<Decision>,
  outcome: (decision: Decision) => GuardOutcome,
): Promise<Decision> {
  return parts.metrics === noMetrics ? decide() : timed(parts, decide, outcome);
}

async function timed<Decision>(
  { metrics, startWatch }: Pick<GuardParts, "metrics" | "startWatch">,
  decide: () => Promise<Decision>,
  outcome: (decision: Decision) => GuardOutcome,
): Promise<Decision> {
  const elapsed = startWatch();
  try {
    const decision = await decide();
    metrics.guard(outcome(decision), elapsed());
    return decision;
  } catch (error) {
    metrics.guard("unavailable", elapsed());
    throw error;
  }
}

/** Logs why nobody could decide. */
export function reportFailure(parts: GuardParts, error: unknown, request: Request, response: Response): void {
  const fields = { requestId: identifyRequest(parts.requestIds, request, response), route: "guard", error };
  if (error instanceof StoreUnavailable) {
    parts.metrics.storeUnavailable("guard");
    parts.logger.warn(fields, "database unavailable");
  } else parts.logger.error(fields, "access token check failed");
}

/** Answers for a request that may not pass. */
export function refuse(
  parts: GuardParts,
  { refusal, registrationId }: Verdict,
  request: Request,
  response: Response,
): void {
  const requestId = identifyRequest(parts.requestIds, request, response);
  writeReply(request, response, resourceRefusal(refusal, parts.context.endpoints.resourceMetadata));
  // A call without a token is how agents find us; one with a bad token is worth a look.
  const level = refusal.reason === "authentication_required" ? "debug" : "info";
  parts.logger[level](
    {
      requestId,
      route: "guard",
      method: request.method,
      status: refusal.row.status,
      refusal: refusal.row.error,
      ...(registrationId === undefined ? {} : { registrationId }),
    },
    "request refused",
  );
}
