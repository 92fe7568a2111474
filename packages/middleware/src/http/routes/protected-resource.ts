/** `GET /.well-known/oauth-protected-resource` (RFC 9728). */
import { documentReply, type Reply } from "../reply.js";
import type { Services } from "../services.js";

export async function protectedResource({ documents }: Services): Promise<Reply> {
  return documentReply("application/json; charset=utf-8", JSON.stringify(documents.resourceMetadata()));
}
