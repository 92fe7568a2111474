/** Owns finding out which client calls the token endpoints (RFC 6749 section 2.3). */
import { equalInConstantTime } from "@agent-auth/web/secrets";
import { OAuthRefusal } from "../protocol/errors.js";
import type { Client } from "../protocol/model.js";
import { type Form, single } from "../protocol/requests.js";
import type { FlowContext } from "./context.js";

interface Credentials {
  clientId: string;
  clientSecret: string | undefined;
}

/** The client, or a refusal. A client with a secret has to prove it; one without must not bring any. */
export function authenticateClient(
  context: FlowContext,
  form: Form,
  authorization: string | undefined,
): Client {
  const usesHeader = authorization !== undefined;
  const { clientId, clientSecret } = usesHeader ? fromHeader(authorization, form) : fromForm(form);
  const client = context.clients.find((candidate) => candidate.clientId === clientId);
  // The comparison is made for unknown clients too, so that both answers take as long.
  const isRight = equalInConstantTime(client?.clientSecret ?? "", clientSecret ?? "");
  if (client === undefined || !isRight) throw refused(usesHeader);
  return client;
}

function fromForm(form: Form): Credentials {
  const clientId = single(form, "client_id");
  if (clientId === undefined)
    throw new OAuthRefusal("invalid_client", "Say who you are: send client_id, or HTTP Basic credentials.");
  return { clientId, clientSecret: single(form, "client_secret") };
}

function fromHeader(authorization: string, form: Form): Credentials {
  if (single(form, "client_secret") !== undefined)
    throw new OAuthRefusal("invalid_request", "Authenticate in one way only: header or form.");
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization) ?? [];
  const text = Buffer.from(encoded ?? "", "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) throw refused(true);
  const clientId = formDecoded(text.slice(0, colon));
  const clientSecret = formDecoded(text.slice(colon + 1));
  const named = single(form, "client_id");
  if (clientId === null || clientSecret === null || clientSecret === "") throw refused(true);
  if (named !== undefined && named !== clientId)
    throw new OAuthRefusal("invalid_request", "client_id is not the client of the Authorization header.");
  return { clientId, clientSecret };
}

/** Both halves of the header are form-encoded (RFC 6749 section 2.3.1); null when they are not. */
function formDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return null;
  }
}

function refused(usesHeader: boolean): OAuthRefusal {
  const headers: Record<string, string> = usesHeader ? { "WWW-Authenticate": 'Basic realm="token"' } : {};
  return new OAuthRefusal("invalid_client", "The client is unknown, or its authentication is wrong.", {
    headers,
  });
}
