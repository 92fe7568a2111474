/** `POST /agent/identity`: an agent registers, or renews its assertion (PROTOCOL section 3). */

import { refreshIdentity } from "../../flows/refresh-identity.js";
import { registerAnonymous } from "../../flows/register-anonymous.js";
import { registerByHint } from "../../flows/register-by-hint.js";
import { registerByIdJag } from "../../flows/register-by-id-jag.js";
import { Refusal } from "../../protocol/errors.js";
import { readIdentityRequest, readIdJag } from "../../protocol/requests.js";
import { agentRefusal } from "../refusal-reply.js";
import { type Reply, registrationReply } from "../reply.js";
import type { Call, Services } from "../services.js";

export async function identity({ context, limits }: Services, call: Call): Promise<Reply> {
  const { json, caller, note } = call;
  const body = readIdentityRequest(json);
  const { identityTypes } = context.settings;
  switch (body.type) {
    case "anonymous": {
      if (!identityTypes.includes("anonymous")) throw new Refusal("anonymous_not_enabled");
      await limits.anonymous(caller);
      const clientName = body.client_name ?? null;
      return registrationReply(call, await registerAnonymous(context, { clientName, caller }));
    }
    case "service_auth": {
      if (!identityTypes.includes("service_auth")) throw new Refusal("service_auth_not_enabled");
      await limits.serviceAuth(caller);
      const clientName = body.client_name ?? null;
      const input = { loginHint: body.login_hint, clientName, caller };
      return registrationReply(call, await registerByHint(context, input));
    }
    case "identity_assertion": {
      if (!identityTypes.includes("identity_assertion")) throw new Refusal("identity_assertion_not_enabled");
      if (body.assertion_type === undefined)
        throw new Refusal("invalid_request", { description: "The member assertion_type is missing." });
      const assertion = readIdJag(body);
      await limits.identityAssertionFrom(caller);
      const onVerified = () => limits.identityAssertion();
      const result = await registerByIdJag(context, { assertion, caller, onVerified });
      const reply = registrationReply(call, result.body);
      if (result.outcome === "registered") return reply;
      return agentRefusal(new Refusal("interaction_required", { members: result.body }));
    }
    case "refresh": {
      const onUsable = (registrationId: string) => {
        note(registrationId);
        return limits.refresh(registrationId);
      };
      const refreshToken = body.refresh_token;
      return registrationReply(call, await refreshIdentity(context, { refreshToken, caller, onUsable }));
    }
  }
}
