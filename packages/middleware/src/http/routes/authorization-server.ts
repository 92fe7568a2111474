/** `GET /.well-known/oauth-authorization-server` (RFC 8414, with the `agent_auth` profile). */
import { documentReply, type Reply } from "../reply.js";
import type { Services } from "../services.js";

export async function authorizationServer({ documents }: Services): Promise<Reply> {
  return documentReply("application/json; charset=utf-8", JSON.stringify(documents.serverMetadata()));
}
