/**
 * Runs the checks on an ID-JAG in their order (PROTOCOL section 3), up to but not including the memory of its `jti`:
 * a token that fails any check is not used up.
 */
import { readCompactJws } from "../protocol/compact-jws.js";
import { Refusal } from "../protocol/errors.js";
import {
  checkAlgorithm,
  checkClientId,
  checkIdJagClaims,
  checkIdJagForm,
  checkIdJagPerson,
  type VerifiedIdJag,
} from "../protocol/id-jag.js";
import type { EpochSeconds } from "../protocol/model.js";
import type { TrustedProvider } from "../protocol/provider.js";
import type { IdentityContext } from "./identity-context.js";
import { findTrustedProvider } from "./trust.js";

export interface VouchedFor {
  idJag: VerifiedIdJag;
  provider: TrustedProvider;
}

/** Refuses with the error of the first check that fails; with `temporarily_unavailable` when keys cannot be had. */
export async function verifyIdJag(
  context: IdentityContext,
  assertion: string,
  now: EpochSeconds,
): Promise<VouchedFor> {
  const { header, payload } = checkIdJagForm(readCompactJws(assertion));
  const provider = await findTrustedProvider(context, payload.iss);
  if (provider === null || provider.disabledAt !== null) throw new Refusal("issuer_not_enabled");
  const algorithm = checkAlgorithm(header.alg, provider);
  const finding = await context.providers.verifySignature(provider, assertion, algorithm);
  if (finding !== "good") throw new Refusal("invalid_signature");
  const claims = checkIdJagClaims(payload, { audiences: context.audiences, now });
  const client = checkClientId(payload.client_id, provider);
  if (client.mustMatchMetadata && !(await context.providers.isClientOf(provider, client.clientId)))
    throw new Refusal("invalid_client_id");
  const person = checkIdJagPerson(payload, {
    provider,
    resource: context.settings.resource,
    now,
  });
  return {
    provider,
    idJag: { issuer: provider.issuer, clientId: client.clientId, ...claims, ...person },
  };
}
