/**
 * Runs the checks on an ID-JAG in their order (PROTOCOL section 3), up to but not including the memory of its `jti`:
 * a token that fails any check is not used up. Registering, claiming and the operators' workbench all come here.
 */
import { readCompactJws } from "../protocol/compact-jws.js";
import { Refusal } from "../protocol/errors.js";
import * as check from "../protocol/id-jag.js";
import type { EpochSeconds } from "../protocol/model.js";
import type { TrustedProvider } from "../protocol/provider.js";
import type { IdentityContext } from "./identity-context.js";
import { findTrustedProvider } from "./trust.js";

export interface VouchedFor {
  idJag: check.VerifiedIdJag;
  provider: TrustedProvider;
}

/** Runs one check. Whoever wants to know how far a token gets brings their own. */
export type RunCheck = <Result>(
  name: check.IdJagCheck,
  run: () => Result | Promise<Result>,
) => Promise<Result>;

const justRun: RunCheck = async (_name, run) => run();

/**
 * Refuses with the error of the first check that fails; with `temporarily_unavailable` when keys cannot be had.
 * `onTrusted` is told the issuer once it is known to be on the trust list, disabled or not.
 */
export async function verifyIdJag(
  context: IdentityContext,
  assertion: string,
  now: EpochSeconds,
  { step = justRun, onTrusted }: { step?: RunCheck; onTrusted?: (issuer: string) => void } = {},
): Promise<VouchedFor> {
  const { header, payload } = await step("form", () => check.checkForm(readCompactJws(assertion)));
  await step("typ", () => check.checkType(header));
  await step("crit", () => check.checkCritical(header));
  await step("kid", () => check.checkKeyId(header));
  const provider = await step("iss", async () => {
    const found = await findTrustedProvider(context, payload.iss);
    if (found !== null) onTrusted?.(found.issuer);
    if (found === null || found.disabledAt !== null) throw new Refusal("issuer_not_enabled");
    return found;
  });
  const algorithm = await step("alg", () => check.checkAlgorithm(header, provider));
  await step("signature", async () => {
    const finding = await context.providers.verifySignature(provider, assertion, algorithm);
    if (finding !== "good") throw new Refusal("invalid_signature");
  });
  await step("aud", () => check.checkAudience(payload, context.audiences));
  const exp = await step("exp", () => check.checkExpiry(payload, now));
  await step("nbf", () => check.checkNotBefore(payload, now));
  const iat = await step("iat", () => check.checkIssuedAt(payload, now));
  await step("lifetime", () => check.checkLifetime(iat, exp));
  const subject = await step("sub", () => check.checkName(payload, "sub"));
  const jti = await step("jti", () => check.checkName(payload, "jti"));
  const clientId = await step("client_id", async () => {
    const client = check.checkClientId(payload, provider);
    if (client.mustMatchMetadata && !(await context.providers.isClientOf(provider, client.clientId)))
      throw new Refusal("invalid_client_id");
    return client.clientId;
  });
  await step("cnf", () => check.checkAbsent(payload, ["cnf"]));
  await step("authorization_details", () => check.checkAbsent(payload, ["authorization_details"]));
  await step("tenant", () => check.checkAbsent(payload, check.narrowingClaims));
  await step("resource", () => check.checkTarget(payload, context.settings.resource));
  const scopes = await step("scope", () => check.readScopes(payload));
  const address = await step("address", () => check.readAddress(payload));
  await step("policy", () => check.checkPolicy(address.email, payload, provider));
  await step("auth_time", () => check.checkFreshness(payload, provider.maxAuthAgeSeconds, now));
  return {
    provider,
    idJag: {
      issuer: provider.issuer,
      subject,
      jti,
      issuedAt: Math.floor(iat),
      expiresAt: Math.ceil(exp),
      clientId,
      scopes,
      ...address,
      ...check.readLabels(payload),
    },
  };
}
