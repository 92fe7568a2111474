/** `POST /agent/event/notify`: a provider takes back what it vouched for (RFC 8935, PROTOCOL section 7). */

import { receiveEvent } from "../../flows/receive-event.js";
import { emptyReply, type Reply } from "../reply.js";
import type { Call, Services } from "../services.js";

export async function events({ context, limits }: Services, { text, caller }: Call): Promise<Reply> {
  await receiveEvent(context, {
    token: text,
    caller,
    onTrusted: () => limits.eventsFrom(caller),
    onVerified: (issuer) => limits.events(issuer),
  });
  return emptyReply(202);
}
