/** Owns the form of a row of the error table. */

/** Which envelope an error travels in (PROTOCOL sections 5, 6, 7, 9). */
export type ErrorFamily = "agent" | "oauth" | "resource" | "event";

export interface ErrorRow {
  /** Name in auth.md, the `error` member. */
  error: string;
  /** Name in the hosted dialect, the `code` member of agent errors. */
  code: string;
  family: ErrorFamily;
  status: 400 | 401 | 403 | 405 | 409 | 410 | 413 | 415 | 429 | 500 | 503;
  /** One sentence on what happened. ASCII without quotes or backslashes (RFC 6749 section 5.2). */
  message: string;
  /** One sentence on what the agent does next. */
  remedy: string;
}

/** Builds a row; the hosted name is the same as the auth.md name unless it is given. */
export function row(
  family: ErrorFamily,
  status: ErrorRow["status"],
  error: string,
  message: string,
  remedy: string,
  code: string = error,
): ErrorRow {
  return { family, status, error, code, message, remedy };
}
