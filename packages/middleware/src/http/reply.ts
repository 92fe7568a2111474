/** Owns what a handler of ours returns. How it is written is the same for all packages. */
import { jsonReply, type Reply as PlainReply } from "@agent-auth/web/reply";

export {
  documentReply,
  emptyReply,
  forgetHostCors,
  jsonReply,
  noStore,
  writeReply,
} from "@agent-auth/web/reply";

export interface Reply extends PlainReply {
  /** Not sent: name of the error or the notice this refuses with, for the log and the counts. */
  refusal?: string;
}

/** A JSON answer about a registration, which the request's line in the log names. */
export function registrationReply(
  { note }: { note: (registrationId: string) => void },
  body: Record<string, unknown>,
): Reply {
  if (typeof body.registration_id === "string") note(body.registration_id);
  return jsonReply(200, body);
}
