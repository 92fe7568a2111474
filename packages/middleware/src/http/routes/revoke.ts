/** `POST /oauth2/revoke`: give up one token (RFC 7009). The hint is ignored, the answer always the same. */

import { revokeToken } from "../../flows/revoke-token.js";
import { required } from "../../protocol/requests.js";
import { emptyReply, type Reply } from "../reply.js";
import type { Call, Services } from "../services.js";

export async function revoke({ context }: Services, { form, caller, note }: Call): Promise<Reply> {
  await revokeToken(context, { token: required(form, "token"), caller, onKnown: note });
  return emptyReply(200);
}
