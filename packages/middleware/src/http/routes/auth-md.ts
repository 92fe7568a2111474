/** `GET /auth.md`: how an agent registers here, generated from the configuration. */
import { documentReply, type Reply } from "../reply.js";
import type { Services } from "../services.js";

export async function authMd({ documents }: Services): Promise<Reply> {
  return documentReply("text/markdown; charset=utf-8", documents.authMd());
}
