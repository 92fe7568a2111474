/** Owns what each page a person sees is made of. The HTTP layer fills these in, `render.ts` turns them into HTML. */

/** What every page knows. */
export interface PageFrame {
  /** Name of the service, from the options. */
  serviceName: string;
  /** Absolute path of our stylesheet, fingerprinted. */
  stylesheetPath: string;
  /** The host's own stylesheet, loaded after ours. */
  themeStylesheetPath: string | null;
}

export interface ScopeChoice {
  scope: string;
  /** In words, from the options. */
  description: string;
  checked: boolean;
}

/** Who asks. */
export interface AgentWords {
  /** Unverified text of the agent's own; null when it gave none. */
  clientName: string | null;
  kind: "anonymous" | "service_auth" | "identity_assertion";
  /** Name of the provider that vouches for the agent, from our own trust list; null when nobody does. */
  providerName: string | null;
}

/** Target and hidden fields of every form about a claim. */
export interface ClaimForm {
  /** Path of the claim page. */
  target: string;
  /** Submitted as `claim_attempt_token`: the agent's link, or ours from a mail. */
  attemptToken: string;
  /** Submitted as `csrf`. */
  csrf: string;
}

/** An agent asks, the signed-in person decides. */
export interface ReviewPage {
  page: "review";
  /**
   * Which way the code travels. `both` and `code-entry` have the field `user_code`. With `both` the person may leave it
   * empty: then, as with `read-back`, Authorize reveals a code to read to the agent.
   */
  ceremony: "both" | "code-entry" | "read-back";
  agent: AgentWords & {
    /** ISO 8601. */
    requestedAt: string;
    ip: string | null;
    /** Unverified text of the agent's own. */
    userAgent: string | null;
  };
  account: { email: string; name: string | null };
  scopes: ScopeChoice[];
  /** Warnings above the form, never blocking. `maskedHint` is shown in the words of `hint_mismatch`. */
  advisories: { kind: "hint_mismatch" | "first_time_account" | "first_time_provider"; maskedHint?: string }[];
  /** The two buttons submit the same form with `action` = `authorize` or `deny`. */
  form: ClaimForm;
  /** When the code stops working, ISO 8601. */
  expiresAt: string;
  /** Set after a refused submit. `remainingGuesses` belongs to `wrong_code`. */
  problem: null | {
    kind: "wrong_code" | "malformed_code" | "no_scope" | "stale_form";
    remainingGuesses?: number;
  };
}

/** The person authorised, and the code they read to their agent is revealed. Deny still works (`action` = `deny`). */
export interface CodePage {
  page: "code";
  agent: AgentWords;
  account: { email: string; name: string | null };
  /** What they left ticked, in words. */
  scopes: string[];
  /** Six digits. */
  code: string;
  /** When the code stops working, ISO 8601. */
  expiresAt: string;
  /**
   * Whether the page also offers the other way, for somebody whose agent showed a code after all: a field `user_code`
   * with a button `action` = `authorize`.
   */
  offersCodeEntry: boolean;
  form: ClaimForm;
  /** Set after a refused submit. */
  problem: null | { kind: "wrong_code" | "malformed_code" | "stale_form"; remainingGuesses?: number };
}

/** The agent's link at a service without a login: the way on is in the mail. A button with `action` = `resend`. */
export interface CheckMailPage {
  page: "check_mail";
  maskedHint: string;
  /** `used`: the link that was opened has been used before. `resent`: another mail is on its way, or may not go out. */
  reason: "first" | "used" | "resent";
  form: ClaimForm;
}

/**
 * A link from a mail was opened. Nothing happens before its one button is pressed, because programs open links too.
 * `prove_mailbox`: go on to the review page. `deny`: "this wasn't me". `open_connected`: show my connected agents.
 */
export interface ContinuePage {
  page: "continue";
  purpose: "prove_mailbox" | "deny" | "open_connected";
  /** Null with `open_connected`. */
  agent: AgentWords | null;
  /** When it was asked, ISO 8601. Null with `open_connected`. */
  requestedAt: string | null;
  form: { target: string; fields: { name: string; value: string }[] };
}

/** One agent on the page of connected agents. */
export interface ConnectedAgent extends AgentWords {
  registrationId: string;
  /** `suspended`: stopped by the service for now. */
  status: "active" | "suspended";
  scopes: { scope: string; description: string }[];
  /** ISO 8601. */
  connectedAt: string;
  /** ISO 8601; null: never used. */
  lastUsedAt: string | null;
  /** Submitted as `csrf` of this agent's own form. */
  csrf: string;
}

/** The signed-in person's agents. Each has a form with `registration` and `action` = `revoke`. */
export interface ConnectedPage {
  page: "connected";
  account: { email: string | null; name: string | null };
  agents: ConnectedAgent[];
  target: string;
  /** Set right after a revocation: what was revoked. `clientName` is unverified. */
  revoked: null | { clientName: string | null };
  problem: null | "stale_form";
}

/**
 * The way to the page of connected agents where the host has no login: a link by mail. A field `email`, and a button
 * `action` = `send_link`.
 */
export interface RequestLinkPage {
  page: "request_link";
  /** A link was asked for. It goes out only if there is such an account, which the page does not tell. */
  wasSent: boolean;
  form: { target: string; csrf: string };
  problem: null | "malformed_email" | "stale_form";
}

/** A page that says how things stand and what to do next. */
export interface NoticePage {
  page: "notice";
  notice:
    | "unknown_link"
    | "claimed"
    | "denied"
    | "locked"
    | "expired"
    | "too_many_guesses"
    | "replaced"
    | "revoked"
    | "suspended"
    /** The provider that vouches is not on the trust list, or switched off. */
    | "provider_disabled"
    | "wrong_account"
    /** A proven mailbox without an account, at a service that creates none. */
    | "no_account"
    /** The manage link of a mail was used before, or is too old. */
    | "link_used"
    | "signed_out"
    | "rate_limited"
    | "cross_site"
    | "unavailable"
    | "server_error"
    | "bad_request"
    /** Somebody was sent here by an app that asks for access by redirect, which this service does not give. */
    | "no_authorization";
  /** Only with `wrong_account`: the address the person is signed in with (their own), and where to switch. */
  account?: { email: string; switchUrl: string };
  /** Only with `signed_out`: where to sign in again. */
  signInUrl?: string;
  /** With `rate_limited` and `unavailable`. */
  retryAfterSeconds?: number;
  /** Only with `server_error`. */
  requestId?: string;
}

export type Page =
  | ReviewPage
  | CodePage
  | CheckMailPage
  | ContinuePage
  | ConnectedPage
  | RequestLinkPage
  | NoticePage;
