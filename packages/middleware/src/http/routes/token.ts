/** `POST /oauth2/token`: exchange an assertion, or poll a claim (RFC 6749 section 3.2, PROTOCOL section 5). */

import { exchangeAssertion } from "../../flows/exchange-assertion.js";
import { pollClaim } from "../../flows/poll-claim.js";
import { isResource } from "../../protocol/access-rules.js";
import { usesCodeEntry } from "../../protocol/ceremony.js";
import { Refusal } from "../../protocol/errors.js";
import { claimGrant, jwtBearerGrant } from "../../protocol/metadata.js";
import { type Form, required, single } from "../../protocol/requests.js";
import { jsonReply, type Reply } from "../reply.js";
import type { Call, Services } from "../services.js";

/** Parameters this endpoint knows; each may come once. Unknown ones are ignored (RFC 6749 section 3.2). */
const knownParameters = [
  "grant_type",
  "assertion",
  "claim_token",
  "scope",
  "client_id",
  "client_secret",
  "client_assertion",
  "client_assertion_type",
];

export async function token({ context, limits }: Services, { form, caller, note }: Call): Promise<Reply> {
  for (const name of knownParameters) single(form, name);
  const grantType = required(form, "grant_type");
  const grants = usesCodeEntry(context.settings.ceremony) ? [jwtBearerGrant, claimGrant] : [jwtBearerGrant];
  if (!grants.includes(grantType)) throw new Refusal("unsupported_grant_type");
  const spend = (registrationId: string) => {
    note(registrationId);
    return limits.token(registrationId);
  };
  if (grantType === claimGrant) {
    const claimToken = required(form, "claim_token");
    refuseUnknownResources(form, context.settings.resource);
    return jsonReply(200, await pollClaim(context, { claimToken, caller, onKnown: note, onEarly: spend }));
  }
  const assertion = required(form, "assertion");
  refuseUnknownResources(form, context.settings.resource);
  const scope = single(form, "scope");
  return jsonReply(200, await exchangeAssertion(context, { assertion, scope, caller, onKnown: spend }));
}

/** RFC 8707: `resource` may repeat, and one bad value refuses the whole request. */
function refuseUnknownResources(form: Form, resource: string): void {
  for (const value of form.get("resource") ?? []) {
    // An empty parameter counts as left out (RFC 6749 section 3.2).
    if (value !== "" && !isResource(value, resource)) throw new Refusal("invalid_target");
  }
}
