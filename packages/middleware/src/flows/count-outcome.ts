/** Counts for operators what became of the tokens of trusted issuers. Strangers are not counted: their names are endless. */
import { ProviderUnavailable } from "../ports.js";
import { Refusal } from "../protocol/errors.js";
import type { EpochSeconds } from "../protocol/model.js";
import type { IdentityContext, TokenOutcome } from "./identity-context.js";

/** Runs what a token leads to. It is counted, under the error it was answered with, once `onTrusted` was called. */
export async function counted<Result>(
  context: IdentityContext,
  { what, now }: { what: TokenOutcome["what"]; now: EpochSeconds },
  run: (onTrusted: (issuer: string) => void) => Promise<Result>,
): Promise<Result> {
  let trusted: string | null = null;
  const count = (refusal: string | null) => {
    if (trusted !== null) context.countOutcome({ what, issuer: trusted, refusal, now });
  };
  try {
    const result = await run((issuer) => {
      trusted = issuer;
    });
    count(null);
    return result;
  } catch (error) {
    if (error instanceof Refusal) count(error.row.error);
    else if (error instanceof ProviderUnavailable) count("temporarily_unavailable");
    throw error;
  }
}
