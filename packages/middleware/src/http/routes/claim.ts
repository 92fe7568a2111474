/** `POST /agent/identity/claim`: an agent starts or restarts a claim (PROTOCOL section 4.2). */

import { claimByIdJag } from "../../flows/claim-by-id-jag.js";
import { startClaim } from "../../flows/start-claim.js";
import { Refusal } from "../../protocol/errors.js";
import { readClaimRequest, readIdJag } from "../../protocol/requests.js";
import { type Reply, registrationReply } from "../reply.js";
import type { Call, Services } from "../services.js";

export async function claim({ context, limits }: Services, call: Call): Promise<Reply> {
  const { json, caller, note } = call;
  const body = readClaimRequest(json);
  if (body.type === "identity_assertion") {
    if (!context.settings.identityTypes.includes("identity_assertion"))
      throw new Refusal("identity_assertion_not_enabled");
    const assertion = readIdJag(body);
    await limits.claim(caller);
    const input = { claimToken: body.claim_token, assertion, caller, onKnown: note };
    return registrationReply(call, await claimByIdJag(context, input));
  }
  await limits.claim(caller);
  const loginHint = body.login_hint ?? body.email ?? "";
  const input = { claimToken: body.claim_token, loginHint, caller, onKnown: note };
  return registrationReply(call, await startClaim(context, input));
}
