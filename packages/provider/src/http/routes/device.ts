/** `GET` and `POST /device`: a person enters the code of an agent and answers it (RFC 8628 section 3.3). */

import type { Reply } from "@agent-auth/web/reply";
import { answerDeviceGrant, findDeviceGrant } from "../../flows/answer-device-grant.js";
import { displayUserCode } from "../../protocol/user-code.js";
import { accountOf, csrfOf, pagePath, pageReply, redirectReply, signInPath } from "../page-reply.js";
import type { Services, SignedInCall } from "../services.js";

export async function showDevice(services: Services, call: SignedInCall): Promise<Reply> {
  return devicePage(services, call, call.query.get("user_code") ?? "");
}

export async function submitDevice(services: Services, call: SignedInCall): Promise<Reply> {
  const typed = call.form.get("user_code")?.[0] ?? "";
  const answer = call.form.get("answer")?.[0];
  if (answer !== "allow" && answer !== "deny") return devicePage(services, call, typed);
  const found = findDeviceGrant(services.context, call.visitor.session, typed);
  if (found.kind !== "found") return devicePage(services, call, typed);
  const counted = answerDeviceGrant(services.context, call.visitor.session, found.grant, answer);
  const notice = answer === "allow" ? "device_allowed" : "device_denied";
  return pageReply(services, 200, {
    page: "notice",
    notice: counted ? notice : "device_over",
    account: accountOf(call),
  });
}

/** The code field, or the question, once the code is known. A link that brings the code still asks. */
function devicePage(services: Services, call: SignedInCall, typed: string): Reply {
  const page = {
    account: accountOf(call),
    target: pagePath(services, "device"),
    csrf: csrfOf(services, call),
  };
  if (typed === "")
    return pageReply(services, 200, { ...page, page: "device", userCode: "", isUnknown: false });
  const found = findDeviceGrant(services.context, call.visitor.session, typed);
  if (found.kind === "unknown")
    return pageReply(services, 404, { ...page, page: "device", userCode: typed, isUnknown: true });
  const userCode = displayUserCode(found.grant.userCode);
  if (found.kind === "sign_in_again") {
    const back = pagePath(services, "device", { user_code: userCode });
    return redirectReply(services, 303, signInPath(services, back));
  }
  return pageReply(services, 200, { ...page, page: "device-answer", clientName: found.clientName, userCode });
}
