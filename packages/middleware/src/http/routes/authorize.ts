/**
 * `/oauth2/authorize`: nothing is authorized by redirect here. The address exists because clients refuse metadata
 * without one; it says so in words, and never redirects (decision 0006).
 */

import { Refusal } from "../../protocol/errors.js";
import { noticeReply } from "../page-reply.js";
import { oauthRefusal } from "../refusal-reply.js";
import type { Reply } from "../reply.js";
import type { Call, Services } from "../services.js";

export async function authorize(services: Services, { request }: Call): Promise<Reply> {
  return request.accepts(["json", "html"]) === "html"
    ? noticeReply(services, 400, "no_authorization")
    : oauthRefusal(new Refusal("unsupported_response_type"));
}
