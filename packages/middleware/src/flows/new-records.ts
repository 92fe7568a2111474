/** Owns how new records are put together, each with its one plaintext: the same way in every flow. */
import { expiryOf } from "../protocol/access-rules.js";
import { usesCodeEntry } from "../protocol/ceremony.js";
import { pollIntervalSeconds } from "../protocol/claim-rules.js";
import type {
  AccessToken,
  AttemptLink,
  Caller,
  ClaimAttempt,
  EpochSeconds,
  Plaintext,
  Registration,
  RegistrationKind,
} from "../protocol/model.js";
import type { AttemptHandout } from "../protocol/replies.js";
import { hashSecret } from "../protocol/secrets.js";
import { drawUserCode, hashUserCode } from "../protocol/user-code.js";
import type { FlowContext } from "./context.js";
import { newRowId, newSecret } from "./draw.js";

/** A registration nobody has claimed yet, and the claim token that goes with it. */
export function newRegistration(
  context: FlowContext,
  input: {
    kind: RegistrationKind;
    clientName: string | null;
    scopes: readonly string[];
    caller: Caller;
    now: EpochSeconds;
  },
): { registration: Registration; claimToken: Plaintext<"claim_token"> } {
  const claimToken = newSecret(context, "claim_token", input.now);
  const registration: Registration = {
    id: newRowId(context, "reg", input.now),
    kind: input.kind,
    clientName: input.clientName,
    createdAt: input.now,
    createdIp: input.caller.ip,
    userAgent: input.caller.userAgent,
    generation: 1,
    scopes: [...input.scopes],
    scopeLimit: null,
    userId: null,
    claimedAt: null,
    claimTokenHash: hashSecret(claimToken),
    claimExpiresAt: input.now + context.settings.lifetimes.claimWindowSeconds,
    claimEndedAt: null,
    claimEndReason: null,
    wrongGuesses: 0,
    currentAttemptId: null,
    collectedAt: null,
    pollInterval: pollIntervalSeconds,
    lastPolledAt: null,
    endsAt: null,
    suspendedAt: null,
    revokedAt: null,
    revokedBy: null,
    revokedReason: null,
    expiredAt: null,
    lastUsedAt: null,
    issuer: null,
    subject: null,
    idJagIssuedAt: null,
  };
  return { registration, claimToken };
}

/** A claim attempt with fresh secrets. It never outlives the claim window. */
export function newAttempt(
  context: FlowContext,
  input: {
    registration: Registration;
    loginHint: string;
    caller: Caller;
    now: EpochSeconds;
    link?: AttemptLink;
  },
): AttemptHandout {
  const { registration, loginHint, caller, now } = input;
  const id = newRowId(context, "clm", now);
  const token = newSecret(context, "claim_attempt_token", now);
  const userCode = usesCodeEntry(context.settings.ceremony)
    ? drawUserCode(() => context.random.bytes(4).readUInt32BE())
    : null;
  const attempt: ClaimAttempt = {
    id,
    registrationId: registration.id,
    tokenHash: hashSecret(token),
    loginHint,
    userCodeHash: userCode === null ? null : hashUserCode(context.keys.userCode[0], id, userCode),
    createdAt: now,
    expiresAt: Math.min(now + context.settings.lifetimes.attemptSeconds, registration.claimExpiresAt),
    createdIp: caller.ip,
    userAgent: caller.userAgent,
    wrongGuesses: 0,
    viewedAt: null,
    confirmedAt: null,
    confirmedUserId: null,
    confirmedScopes: null,
    readBackCodeHash: null,
    deniedAt: null,
    replacedAt: null,
    link: input.link ?? null,
  };
  return {
    attempt,
    verificationUri: `${context.endpoints.url.claimPage}?claim_attempt_token=${token}`,
    userCode,
    interval: pollIntervalSeconds,
    now,
  };
}

/** An access token for the registration as it stands, and its one plaintext. */
export function newAccessToken(
  context: FlowContext,
  input: { registration: Registration; scopes: readonly string[]; now: EpochSeconds },
): { token: AccessToken; plaintext: Plaintext<"access_token"> } {
  const plaintext = newSecret(context, "access_token", input.now);
  const token: AccessToken = {
    hash: hashSecret(plaintext),
    registrationId: input.registration.id,
    generation: input.registration.generation,
    scopes: [...input.scopes],
    resource: context.settings.resource,
    createdAt: input.now,
    expiresAt: expiryOf(input.registration, context.settings.lifetimes.accessTokenSeconds, input.now),
    revokedAt: null,
  };
  return { token, plaintext };
}
