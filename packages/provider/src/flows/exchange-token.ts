/**
 * Owns token exchange: an agent's ID token becomes an ID-JAG for one service, if the person allows that
 * (RFC 8693; draft-ietf-oauth-identity-assertion-authz-grant section 4.3).
 */
import { isAudience, isResource } from "../protocol/audience.js";
import { OAuthRefusal } from "../protocol/errors.js";
import { urlOf } from "../protocol/metadata.js";
import type { Client } from "../protocol/model.js";
import { type Form, required, scopeOf, seconds, single } from "../protocol/requests.js";
import { idJagUrn, idTokenUrn, readSubjectToken, subjectTokenType } from "../protocol/tokens.js";
import { type FlowContext, findUser } from "./context.js";
import { mintIdJag } from "./mint-id-jag.js";

/** Longest text of an agent about itself; it only reaches audit logs. */
const longestNote = 200;

/** Checks everything that could refuse before the permission is spent, so that a refused call costs nothing. */
export async function exchangeToken(context: FlowContext, client: Client, form: Form): Promise<object> {
  const now = context.clock.now();
  const request = readRequest(form);
  const { audience, scope } = request;
  if (!isAudience(audience, context.audiencePolicy))
    throw new OAuthRefusal(
      "invalid_target",
      "audience must be the issuer URL of a service this provider may name, written exactly as the service does.",
    );

  const claims = await context.keys.verify(subjectTokenType, request.subjectToken);
  const subject =
    claims === null
      ? null
      : readSubjectToken(claims, { issuer: context.issuer, clientId: client.clientId, now });
  const user = subject === null ? null : findUser(context, subject.userId);
  if (subject === null || user === null)
    throw new OAuthRefusal(
      "invalid_grant",
      "subject_token is not an ID token this provider issued to you, or it is over. Let the person sign in again.",
    );
  if (request.maxAge !== undefined && now - subject.authTime > request.maxAge)
    throw new OAuthRefusal(
      "insufficient_user_authentication",
      "The person signed in too long ago. Let them sign in again: send the same max_age to the device authorization endpoint.",
      { members: { max_age: request.maxAge } },
    );

  const onceValidAfter = now - context.lifetimes.allowOnceSeconds;
  if (!context.store.spendConsent({ userId: user.id, audience, now, onceValidAfter }))
    throw notAllowed(context, user.id, audience, onceValidAfter);

  const idJag = await mintIdJag(context, { ...request, user, client, now, authTime: subject.authTime });
  context.logger.info({ userId: user.id, audience, clientId: client.clientId }, "minted an ID-JAG");
  return {
    issued_token_type: idJagUrn,
    access_token: idJag,
    // It is no access token, and says so (RFC 8693 section 2.2.1).
    token_type: "N_A",
    expires_in: context.lifetimes.idJagSeconds,
    ...(scope === undefined ? {} : { scope }),
  };
}

function readRequest(form: Form) {
  const requested = required(form, "requested_token_type");
  if (requested !== idJagUrn)
    throw new OAuthRefusal("invalid_request", `requested_token_type must be ${idJagUrn}.`);
  const subjectToken = required(form, "subject_token");
  if (required(form, "subject_token_type") !== idTokenUrn)
    throw new OAuthRefusal("invalid_request", `subject_token_type must be ${idTokenUrn}.`);
  // Acting for somebody who acts for somebody is not offered; ignoring it would hide the actor.
  if (form.has("actor_token") || form.has("actor_token_type"))
    throw new OAuthRefusal("invalid_request", "actor_token is not supported.");
  if (form.has("authorization_details"))
    throw new OAuthRefusal("invalid_request", "authorization_details is not supported.");
  if ((form.get("audience") ?? []).length > 1)
    throw new OAuthRefusal("invalid_target", "An ID-JAG is for one service: send one audience.");
  const resources = (form.get("resource") ?? []).filter((value) => value !== "");
  if (!resources.every(isResource))
    throw new OAuthRefusal("invalid_target", "resource must be an absolute URI without a fragment.");
  return {
    subjectToken,
    audience: required(form, "audience"),
    resources,
    scope: scopeOf(form),
    maxAge: seconds(form, "max_age"),
    agentPlatform: note(form, "agent_platform"),
    agentContextId: note(form, "agent_context_id"),
  };
}

function note(form: Form, name: string): string | undefined {
  const value = single(form, name);
  if (value !== undefined && value.length > longestNote)
    throw new OAuthRefusal("invalid_request", `The parameter ${name} is too long.`);
  return value;
}

/** A fresh "no" is told as such, so that an agent stops asking; everything else is a question for the person. */
function notAllowed(
  context: FlowContext,
  userId: string,
  audience: string,
  refusedAfter: number,
): OAuthRefusal {
  const decision = context.store.findDelegation(userId, audience);
  if (decision?.consent === "denied" && decision.decidedAt > refusedAfter)
    return new OAuthRefusal("access_denied", "The person does not allow this service. Do not ask again.");
  const consentUri = new URL(urlOf(context.issuer, "consent"));
  consentUri.searchParams.set("audience", audience);
  return new OAuthRefusal(
    "interaction_required",
    "The person has not allowed this service yet. Send them to consent_uri, then try again.",
    { members: { consent_uri: consentUri.href } },
  );
}
