/**
 * Owns the one error table: every refusal this service can send, with its wire names, status and what the agent
 * should do next. The HTTP layer, `docs/errors.md` and the table in `AUTH.md` are derived from it.
 */
import { agentRows } from "./error-rows/agent.js";
import { eventRows } from "./error-rows/event.js";
import { idJagRows } from "./error-rows/id-jag.js";
import { oauthRows } from "./error-rows/oauth.js";
import { resourceRows } from "./error-rows/resource.js";
import type { ErrorRow } from "./error-rows/row.js";

export type { ErrorFamily, ErrorRow } from "./error-rows/row.js";

/** Keys are unique names inside the code; `error` may repeat between families. */
export const errorTable = {
  ...agentRows,
  ...idJagRows,
  ...oauthRows,
  ...resourceRows,
  ...eventRows,
} as const satisfies Record<string, ErrorRow>;

export type ErrorName = keyof typeof errorTable;

/** What a refusal carries beyond its row. */
export interface RefusalDetail {
  /** Replaces the row's sentence; same character rules. Never contains caller input. */
  description?: string;
  /** Seconds until a retry makes sense; sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** Sent as `RateLimit` headers next to `Retry-After`. */
  limit?: { name: string; quota: number; windowSeconds: number };
  /** Extra response headers, such as `Allow`. */
  headers?: Record<string, string>;
  /** Extra body members. */
  members?: Record<string, unknown>;
  /** Scopes the operation needs, for `insufficient_scope`. */
  scopes?: readonly string[];
}

/**
 * An expected failure. Flows throw it, the HTTP edge turns it into a reply; branch on `reason`, never on the message.
 */
export class Refusal extends Error {
  readonly row: ErrorRow;
  constructor(
    readonly reason: ErrorName,
    readonly detail: RefusalDetail = {},
  ) {
    const row: ErrorRow = errorTable[reason];
    super(detail.description ?? row.message);
    this.name = "Refusal";
    this.row = row;
  }

  /** Sentence sent to the caller: what happened, then what to do. */
  get description(): string {
    return `${this.detail.description ?? this.row.message} ${this.row.remedy}`;
  }
}
