/** The public documents: metadata, keys, the description of the agent runtime, the stylesheet. */
import { documentReply, type Reply } from "@agent-auth/web/reply";
import type { Services } from "../services.js";

const json = "application/json; charset=utf-8";

export async function metadata({ documents }: Services): Promise<Reply> {
  return documentReply(json, JSON.stringify(documents.metadata()));
}

export async function jwks({ context }: Services): Promise<Reply> {
  return documentReply(json, JSON.stringify(context.keys.publicKeys()));
}

export async function clientMetadata({ documents }: Services): Promise<Reply> {
  return documentReply(json, JSON.stringify(documents.clientMetadata));
}

export async function stylesheet({ documents }: Services): Promise<Reply> {
  // The fingerprint in its path changes with its content.
  return documentReply("text/css; charset=utf-8", documents.stylesheet, 31_536_000);
}
