/** Owns sample pages for the tests of the views: every page in every state, made of any text somebody else may choose. */
import type {
  AgentWords,
  CheckMailPage,
  ClaimForm,
  CodePage,
  ConnectedAgent,
  ConnectedPage,
  ContinuePage,
  NoticePage,
  Page,
  PageFrame,
  RequestLinkPage,
  ReviewPage,
} from "../../src/views/page.js";

/** A frame like any host's. */
export const frame: PageFrame = {
  serviceName: "Example Notes",
  stylesheetPath: "/agent/assets/pages-0123.css",
  themeStylesheetPath: null,
};

const form: ClaimForm = { target: "/agent/claim", attemptToken: "attempt-token", csrf: "csrf-token" };
const account = { email: "ada@example.com", name: "Ada Lovelace" };
const agent: AgentWords = { clientName: "Notes Helper", kind: "service_auth", providerName: null };

/** A review page as it is first shown, with the given differences. */
export function reviewPage(changes: Partial<ReviewPage> = {}): ReviewPage {
  return {
    page: "review",
    ceremony: "code-entry",
    agent: {
      ...agent,
      requestedAt: "2026-11-21T14:03:12Z",
      ip: "203.0.113.7",
      userAgent: "notes-helper/1.4",
    },
    account,
    scopes: [
      { scope: "notes.read", description: "Read your notes", checked: true },
      { scope: "notes.write", description: "Change your notes", checked: false },
    ],
    advisories: [],
    form,
    expiresAt: "2026-11-21T14:13:12Z",
    problem: null,
    ...changes,
  };
}

/** A code page as it is first shown, with the given differences. */
export function codePage(changes: Partial<CodePage> = {}): CodePage {
  return {
    page: "code",
    agent,
    account,
    scopes: ["Read your notes", "Change your notes"],
    code: "012345",
    expiresAt: "2026-11-21T14:15:00Z",
    offersCodeEntry: true,
    form,
    problem: null,
    ...changes,
  };
}

/** A check-mail page, with the given differences. */
export function checkMailPage(changes: Partial<CheckMailPage> = {}): CheckMailPage {
  return { page: "check_mail", maskedHint: "a•••@example.com", reason: "first", form, ...changes };
}

/** A continue page, with the given differences. */
export function continuePage(
  purpose: ContinuePage["purpose"],
  changes: Partial<ContinuePage> = {},
): ContinuePage {
  const isAboutRequest = purpose !== "open_connected";
  return {
    page: "continue",
    purpose,
    agent: isAboutRequest ? agent : null,
    requestedAt: isAboutRequest ? "2026-11-21T14:03:12Z" : null,
    form: {
      target: "/agent/claim/continue",
      fields: [
        { name: "secret", value: "mail-secret" },
        { name: "purpose", value: purpose },
      ],
    },
    ...changes,
  };
}

/** An agent with a provider that is used, with the given differences. */
export function connectedAgent(changes: Partial<ConnectedAgent> = {}): ConnectedAgent {
  return {
    clientName: "Notes Helper",
    kind: "identity_assertion",
    providerName: "Example AI",
    registrationId: "reg_1",
    status: "active",
    scopes: [
      { scope: "notes.read", description: "Read your notes" },
      { scope: "notes.write", description: "Change your notes" },
    ],
    connectedAt: "2026-11-20T09:00:00Z",
    lastUsedAt: "2026-11-21T14:01:00Z",
    csrf: "csrf-1",
    ...changes,
  };
}

/** A page of two agents, the second suspended and never used, with the given differences. */
export function connectedPage(changes: Partial<ConnectedPage> = {}): ConnectedPage {
  const suspended = connectedAgent({
    clientName: null,
    kind: "anonymous",
    providerName: null,
    registrationId: "reg_2",
    status: "suspended",
    scopes: [],
    lastUsedAt: null,
    csrf: "csrf-2",
  });
  return {
    page: "connected",
    account,
    agents: [connectedAgent(), suspended],
    target: "/agent/connected",
    revoked: null,
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
  provider_disabled: true,
  wrong_account: true,
  no_account: true,
  link_used: true,
  signed_out: true,
  rate_limited: true,
  cross_site: true,
  unavailable: true,
  server_error: true,
  bad_request: true,
  no_authorization: true,
};

/** Every notice there is; the type above makes a missing one an error. */
export const notices = Object.keys(noticeKinds) as NoticePage["notice"][];

/** Every way a submit of the review page is refused. */
export const problems: NonNullable<ReviewPage["problem"]>[] = [
  { kind: "wrong_code", remainingGuesses: 3 },
  { kind: "malformed_code" },
  { kind: "no_scope" },
  { kind: "stale_form" },
];

/** Every way a submit of the code page is refused. */
export const codeProblems: NonNullable<CodePage["problem"]>[] = [
  { kind: "wrong_code", remainingGuesses: 3 },
  { kind: "malformed_code" },
  { kind: "stale_form" },
];

export const ceremonies: ReviewPage["ceremony"][] = ["both", "code-entry", "read-back"];
export const reasons: CheckMailPage["reason"][] = ["first", "used", "resent"];
export const purposes: ContinuePage["purpose"][] = ["prove_mailbox", "deny", "open_connected"];

/** Text that tries to break out of wherever it is put. */
export const hostile = `"><img src=x onerror=alert(1)>' onclick='x <script>\u202Egnp.exe\n</title></style>&lt;`;

/** A review page in which everything anybody else may choose is this text. */
export function reviewPageOf(text: string, changes: Partial<ReviewPage> = {}): ReviewPage {
  return reviewPage({
    agent: {
      clientName: text,
      kind: "anonymous",
      providerName: text,
      requestedAt: "2026-11-21T14:03:12Z",
      ip: text,
      userAgent: text,
    },
    account: { email: text, name: text },
    scopes: [{ scope: text, description: text, checked: true }],
    advisories: [
      { kind: "hint_mismatch", maskedHint: text },
      { kind: "first_time_account" },
      { kind: "first_time_provider" },
    ],
    form: formOf(text),
    ...changes,
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

function formOf(text: string): ClaimForm {
  return { target: text, attemptToken: text, csrf: text };
}

function agentOf(text: string): AgentWords {
  return { clientName: text, kind: "identity_assertion", providerName: text };
}

function codePageOf(text: string, changes: Partial<CodePage>): CodePage {
  return codePage({
    agent: agentOf(text),
    account: { email: text, name: text },
    scopes: [text],
    form: formOf(text),
    ...changes,
  });
}

function continuePageOf(text: string, purpose: ContinuePage["purpose"]): ContinuePage {
  const target = { target: text, fields: [{ name: "secret", value: text }] };
  return purpose === "open_connected"
    ? continuePage(purpose, { form: target })
    : continuePage(purpose, { agent: agentOf(text), form: target });
}

function connectedPageOf(text: string, changes: Partial<ConnectedPage>): ConnectedPage {
  const words = { registrationId: text, scopes: [{ scope: text, description: text }], csrf: text };
  return connectedPage({
    account: { email: text, name: text },
    agents: [
      connectedAgent({ ...agentOf(text), ...words }),
      connectedAgent({
        ...agentOf(text),
        ...words,
        kind: "anonymous",
        status: "suspended",
        lastUsedAt: null,
      }),
    ],
    target: text,
    ...changes,
  });
}

function requestLinkPageOf(text: string, changes: Partial<RequestLinkPage>): RequestLinkPage {
  return {
    page: "request_link",
    wasSent: false,
    problem: null,
    form: { target: text, csrf: text },
    ...changes,
  };
}

type State = [name: string, pageOf: (text: string) => Page];

/** Every page in every state; whatever others may choose is the given text. */
export const everyState: State[] = [
  ...ceremonies.flatMap((ceremony): State[] => [
    [`review, ${ceremony}`, (text) => reviewPageOf(text, { ceremony })],
    ...problems.map((problem): State => {
      return [`review, ${ceremony}, ${problem.kind}`, (text) => reviewPageOf(text, { ceremony, problem })];
    }),
  ]),
  ["review without permissions", (text) => reviewPageOf(text, { scopes: [], problem: { kind: "no_scope" } })],
  ...[true, false].flatMap((offersCodeEntry): State[] => {
    const name = `code, ${offersCodeEntry ? "with" : "without"} code entry`;
    return [
      [name, (text) => codePageOf(text, { offersCodeEntry })],
      ...codeProblems.map((problem): State => {
        return [`${name}, ${problem.kind}`, (text) => codePageOf(text, { offersCodeEntry, problem })];
      }),
    ];
  }),
  ["code without permissions", (text) => codePageOf(text, { scopes: [] })],
  ...reasons.map((reason): State => {
    return [
      `check mail, ${reason}`,
      (text) => checkMailPage({ reason, maskedHint: text, form: formOf(text) }),
    ];
  }),
  ...purposes.map((purpose): State => [`continue, ${purpose}`, (text) => continuePageOf(text, purpose)]),
  ["connected", (text) => connectedPageOf(text, {})],
  ["connected, after revoking", (text) => connectedPageOf(text, { revoked: { clientName: text } })],
  ["connected, stale form", (text) => connectedPageOf(text, { problem: "stale_form" })],
  ["connected, without agents", (text) => connectedPageOf(text, { agents: [] })],
  ...[false, true].map((wasSent): State => {
    const name = wasSent ? "request link, sent" : "request link";
    return [name, (text) => requestLinkPageOf(text, { wasSent })];
  }),
  ["request link, no address", (text) => requestLinkPageOf(text, { problem: "malformed_email" })],
  ["request link, stale form", (text) => requestLinkPageOf(text, { problem: "stale_form" })],
  ...notices.map((notice): State => [`notice ${notice}`, (text) => noticePage(notice, text)]),
];
