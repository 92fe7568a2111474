/** `POST /device_authorization`: an agent asks for a code (RFC 8628 section 3.1). */

import { jsonReply, type Reply } from "@agent-auth/web/reply";
import { authenticateClient } from "../../flows/authenticate-client.js";
import { startDeviceGrant } from "../../flows/start-device-grant.js";
import type { Call, Services } from "../services.js";

export async function deviceAuthorization({ context }: Services, { request, form }: Call): Promise<Reply> {
  const client = authenticateClient(context, form, request.headers.authorization);
  return jsonReply(200, startDeviceGrant(context, client, form));
}
