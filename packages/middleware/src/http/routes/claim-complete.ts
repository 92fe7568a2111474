/** `POST /agent/identity/claim/complete`: an agent brings the code its user read to it (PROTOCOL section 4.4). */

import { completeClaim } from "../../flows/complete-claim.js";
import { usesReadBack } from "../../protocol/ceremony.js";
import { Refusal } from "../../protocol/errors.js";
import { readCompleteRequest } from "../../protocol/requests.js";
import { type Reply, registrationReply } from "../reply.js";
import type { Call, Services } from "../services.js";

export async function claimComplete({ context, limits }: Services, call: Call): Promise<Reply> {
  if (!usesReadBack(context.settings.ceremony)) throw new Refusal("read_back_not_enabled");
  const { json, caller, note } = call;
  const { claimToken, code } = readCompleteRequest(json);
  await limits.claimComplete(caller);
  return registrationReply(call, await completeClaim(context, { claimToken, code, caller, onKnown: note }));
}
