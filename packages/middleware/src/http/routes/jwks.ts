/** `GET /.well-known/jwks.json`: the public halves of our signing keys (RFC 7517 section 5). */
import { documentReply, type Reply } from "../reply.js";
import type { Services } from "../services.js";

export async function jwks({ context }: Services): Promise<Reply> {
  return documentReply("application/jwk-set+json", JSON.stringify(await context.assertionKeys.publicKeys()));
}
