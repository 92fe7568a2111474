/** Owns what a guarded handler sees of an agent: `req.agent`. */
import type { RegistrationKind } from "./protocol/model.js";

/** The agent behind a request whose access token was accepted. */
export interface Agent {
  registrationId: string;
  kind: RegistrationKind;
  /** As the agent gave it: unverified text. */
  clientName: string | null;
  /** What this call may do: the token's scopes, cut down to what the registration is granted now. */
  scopes: string[];
  /** RFC 8707 resource the token is bound to. */
  resource: string;
  /** The person who claimed the agent, or null before a claim. */
  user: { id: string } | null;
  /** The provider that vouched for the agent, or null. */
  provider: { issuer: string; subject: string } | null;
  /** Loads the person's account through the `findById` hook; null before a claim. */
  account(): Promise<unknown>;
}

declare global {
  namespace Express {
    interface Request {
      /** Set by `requireAgent` and `acceptAgent`. */
      agent?: Agent;
    }
  }
}
