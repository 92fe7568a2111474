/** Owns sample pages for the tests of the views: every notice, every problem, and text that means harm. */
import type { NoticePage, PageFrame, ReviewPage } from "../../src/views/page.js";

/** A frame like any host's. */
export const frame: PageFrame = {
  serviceName: "Example Notes",
  stylesheetPath: "/agent/assets/pages-0123.css",
  themeStylesheetPath: null,
};

/** A review page as it is first shown, with the given differences. */
export function reviewPage(changes: Partial<ReviewPage> = {}): ReviewPage {
  return {
    page: "review",
    agent: {
      clientName: "Notes Helper",
      kind: "service_auth",
      providerName: null,
      requestedAt: "2026-11-21T14:03:12Z",
      ip: "203.0.113.7",
      userAgent: "notes-helper/1.4",
    },
    account: { email: "ada@example.com", name: "Ada Lovelace" },
    scopes: [
      { scope: "notes.read", description: "Read your notes", checked: true },
      { scope: "notes.write", description: "Change your notes", checked: false },
    ],
    advisories: [],
    form: { target: "/agent/claim", attemptToken: "attempt-token", csrf: "csrf-token" },
    expiresAt: "2026-11-21T14:13:12Z",
    problem: null,
    ...changes,
  };
}

const noticeKinds: Record<NoticePage["notice"], true> = {
  unknown_link: true,
  claimed: true,
  denied: true,
  locked: true,
  expired: true,
  too_many_guesses: true,
  replaced: true,
  revoked: true,
  suspended: true,
  wrong_account: true,
  signed_out: true,
  rate_limited: true,
  cross_site: true,
  unavailable: true,
  server_error: true,
  bad_request: true,
};

/** Every notice there is; the type above makes a missing one an error. */
export const notices = Object.keys(noticeKinds) as NoticePage["notice"][];

/** Every way a submit is refused. */
export const problems: NonNullable<ReviewPage["problem"]>[] = [
  { kind: "wrong_code", remainingGuesses: 3 },
  { kind: "malformed_code" },
  { kind: "no_scope" },
  { kind: "stale_form" },
];

/** Text that tries to break out of wherever it is put. */
export const hostile = `"><img src=x onerror=alert(1)>' onclick='x <script>\u202Egnp.exe\n</title></style>&lt;`;

/** A review page in which everything anybody else may choose means harm. */
export function hostileReviewPage(problem: ReviewPage["problem"]): ReviewPage {
  return reviewPage({
    agent: {
      clientName: hostile,
      kind: "anonymous",
      providerName: null,
      requestedAt: "2026-11-21T14:03:12Z",
      ip: hostile,
      userAgent: hostile,
    },
    account: { email: hostile, name: hostile },
    scopes: [{ scope: hostile, description: hostile, checked: true }],
    advisories: [{ kind: "hint_mismatch", maskedHint: hostile }, { kind: "first_time_account" }],
    form: { target: hostile, attemptToken: hostile, csrf: hostile },
    problem,
  });
}

/** A notice with everything it may show, as this text. */
export function noticePage(notice: NoticePage["notice"], text: string): NoticePage {
  return {
    page: "notice",
    notice,
    ...(notice === "signed_out" ? { signInUrl: `/login?${text}` } : {}),
    ...(notice === "wrong_account" ? { account: { email: text, switchUrl: `/sign-out?${text}` } } : {}),
    ...(notice === "server_error" ? { requestId: text } : {}),
  };
}
