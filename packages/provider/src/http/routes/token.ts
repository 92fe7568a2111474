/** `POST /token`: an agent collects its ID token, and exchanges it for ID-JAGs. */

import { jsonReply, type Reply } from "@agent-auth/web/reply";
import { authenticateClient } from "../../flows/authenticate-client.js";
import { exchangeToken } from "../../flows/exchange-token.js";
import { pollDeviceGrant } from "../../flows/poll-device-grant.js";
import { OAuthRefusal } from "../../protocol/errors.js";
import { deviceCodeGrant, tokenExchangeGrant } from "../../protocol/metadata.js";
import { required } from "../../protocol/requests.js";
import type { Call, Services } from "../services.js";

export async function token({ context }: Services, { request, form }: Call): Promise<Reply> {
  const grantType = required(form, "grant_type");
  if (grantType !== tokenExchangeGrant && grantType !== deviceCodeGrant)
    throw new OAuthRefusal("unsupported_grant_type", "This provider knows token exchange and device_code.");
  const client = authenticateClient(context, form, request.headers.authorization);
  const flow = grantType === tokenExchangeGrant ? exchangeToken : pollDeviceGrant;
  return jsonReply(200, await flow(context, client, form));
}
