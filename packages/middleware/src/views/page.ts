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

/** An agent asks, the signed-in person decides. */
export interface ReviewPage {
  page: "review";
  agent: {
    /** Unverified text of the agent's own; null when it gave none. */
    clientName: string | null;
    kind: "anonymous" | "service_auth" | "identity_assertion";
    /** Name of the provider that vouches for the agent, from our own trust list; null when nobody does. */
    providerName: string | null;
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
  /** Form target and hidden fields. The two buttons submit the same form with `action` = `authorize` or `deny`. */
  form: { target: string; attemptToken: string; csrf: string };
  /** When the code stops working, ISO 8601. */
  expiresAt: string;
  /** Set after a refused submit. `remainingGuesses` belongs to `wrong_code`. */
  problem: null | {
    kind: "wrong_code" | "malformed_code" | "no_scope" | "stale_form";
    remainingGuesses?: number;
  };
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
    | "wrong_account"
    | "signed_out"
    | "rate_limited"
    | "cross_site"
    | "unavailable"
    | "server_error"
    | "bad_request";
  /** Only with `wrong_account`: the address the person is signed in with (their own), and where to switch. */
  account?: { email: string; switchUrl: string };
  /** Only with `signed_out`: where to sign in again. */
  signInUrl?: string;
  /** With `rate_limited` and `unavailable`. */
  retryAfterSeconds?: number;
  /** Only with `server_error`. */
  requestId?: string;
}

export type Page = ReviewPage | NoticePage;
