/** Owns every refusal at the token endpoints (RFC 6749 section 5.2, RFC 8628 section 3.5, RFC 8693 section 2.2.2). */

const statuses = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  invalid_scope: 400,
  invalid_target: 400,
  unsupported_grant_type: 400,
  /** The person has to sign in again (RFC 9470); `max_age` says how recent the sign-in must be. */
  insufficient_user_authentication: 400,
  /** The person has not allowed this service yet; `consent_uri` is where they do. Ours. */
  interaction_required: 400,
  access_denied: 400,
  authorization_pending: 400,
  slow_down: 400,
  expired_token: 400,
  server_error: 500,
  temporarily_unavailable: 503,
} as const;

export type OAuthErrorName = keyof typeof statuses;

/** An expected refusal, thrown by flows and turned into an answer by the router. */
export class OAuthRefusal extends Error {
  override readonly name = "OAuthRefusal";
  readonly status: number;
  constructor(
    readonly error: OAuthErrorName,
    readonly description: string,
    readonly detail: {
      members?: Record<string, unknown>;
      headers?: Record<string, string>;
      status?: number;
    } = {},
  ) {
    super(error);
    this.status = detail.status ?? statuses[error];
  }
}

export type NoticeName =
  | "bad_request"
  | "unknown_service"
  | "cross_site"
  | "stale_form"
  | "too_many_tries"
  | "unavailable"
  | "server_error";

const noticeStatuses: Record<NoticeName, number> = {
  bad_request: 400,
  unknown_service: 400,
  cross_site: 403,
  stale_form: 403,
  too_many_tries: 429,
  unavailable: 503,
  server_error: 500,
};

/** An expected refusal on a page. */
export class PageRefusal extends Error {
  override readonly name = "PageRefusal";
  readonly status: number;
  constructor(readonly notice: NoticeName) {
    super(notice);
    this.status = noticeStatuses[notice];
  }
}
