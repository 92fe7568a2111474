/** Owns the words of the frame, the notices, the messages after actions, and the names of things, in English. */
import type { JobAction, Kind, Status } from "../surface.js";
import type { Section } from "./page.js";
import { type Inline, say, type Tone } from "./words.js";

export const frame = {
  language: "en",
  skip: "Skip to content",
  navigation: "Dashboard",
  product: "Agents",
  menu: "Menu",
  closeMenu: "Close the menu",
  signedInAs: "Signed in as",
  environment: "Environment",
  trail: "Breadcrumb",
  pageTitle: (page: string, title: string) => `${page} · ${title} · Agents`,
  withProblem: (title: string) => `Problem: ${title}`,
  problems: "This could not be done yet",
  required: "required",
  unverified: "unverified",
  showNumbers: "Show the numbers",
  paging: "Pages",
  first: "First page",
  previous: "Previous page",
  next: "Next page",
  remove: "Remove filter",
  clear: "Clear all",
  cancel: "Cancel",
  theme: "Colours",
  themes: { system: "System", light: "Light", dark: "Dark" },
  roles: { viewer: "Viewer", operator: "Operator", admin: "Admin" },
} as const;

export const sections: Record<Section, string> = {
  overview: "Overview",
  registrations: "Registrations",
  delegations: "Delegations",
  providers: "Providers",
  audit: "Audit log",
  mail: "Mail",
  jobs: "Bulk jobs",
  keys: "Signing keys",
  settings: "Settings",
  workbench: "Workbench",
  incident: "Incident",
};

const notice = (status: number, heading: string, text: string) => ({ status, heading, text });

export const notices = {
  back: "Go to the overview",
  signIn: "Sign in",
  reference: "Reference",
  not_found: notice(404, "There is no such page", "The address may be mistyped, or the page has moved."),
  unknown_registration: notice(
    404,
    "No such registration",
    "No registration has this id. It may have been cleaned up after it ended; the audit log may still know it.",
  ),
  unknown: notice(
    404,
    "Nothing has this id",
    "It may have been removed since the page that led here was made.",
  ),
  forbidden: notice(
    403,
    "This dashboard is not open to you",
    "The account you are signed in with may not see it. Ask whoever runs this service for access.",
  ),
  signed_out: notice(
    403,
    "You have been signed out",
    "Nothing was changed. Sign in again, open the page anew and repeat what you were doing.",
  ),
  role: notice(
    403,
    "Your role does not allow this",
    "Nothing was changed. Ask somebody with the role it needs, or whoever runs this service, for access.",
  ),
  method: notice(405, "That is not possible here", "This address does not take this kind of request."),
  cross_site: notice(
    403,
    "This form was sent from somewhere else",
    "Nothing was changed. Forms are only taken from the pages of this dashboard itself.",
  ),
  stale_form: notice(
    403,
    "This form is too old",
    "Nothing was changed. Open the page again and repeat what you were doing; cookies have to be allowed.",
  ),
  bad_form: notice(
    400,
    "The form could not be read",
    "Nothing was changed. Open the page again and send its form.",
  ),
  bad_filter: notice(
    400,
    "That filter is not understood",
    "Go back to the list, choose the filter there and try again.",
  ),
  too_large: notice(413, "That is too much text", "Nothing was changed. A form here holds at most 64 KiB."),
  wrong_type: notice(
    415,
    "The form could not be read",
    "Nothing was changed. Forms here are sent as browsers send them.",
  ),
  changed: notice(
    409,
    "It has changed in the meantime",
    "Nothing was changed by you. Somebody or something altered it after you opened the form; look again before you decide.",
  ),
  unavailable: notice(503, "The database does not answer", "Nothing is lost. Try again in a moment."),
  failed: notice(
    500,
    "Something went wrong here",
    "It was logged. Look whether the action took effect before you repeat it.",
  ),
} as const;
export type NoticeName = Exclude<keyof typeof notices, "back" | "signIn" | "reference">;

/** What is said after an action, by the word the redirect carries. */
export const messages: Record<string, { tone: Tone; text: string }> = {
  revoked: { tone: "good", text: "Revoked. Its next request is refused." },
  suspended: { tone: "good", text: "Suspended. Its next request is refused until somebody resumes it." },
  resumed: { tone: "good", text: "Resumed. It may go on where it was." },
  narrowed: { tone: "good", text: "Scopes narrowed. That holds from the next request on." },
  end_date_set: { tone: "good", text: "The end date is set." },
  end_date_cleared: { tone: "good", text: "The end date is removed." },
  token_revoked: { tone: "good", text: "Token revoked. Its next request is refused." },
  unchanged: {
    tone: "attention",
    text: "Nothing changed: it was so already, perhaps by somebody else's hand.",
  },
  unlinked: { tone: "good", text: "Unlinked. The next agent of this person has to be confirmed by them." },
  provider_added: { tone: "good", text: "The provider is trusted now." },
  provider_changed: { tone: "good", text: "The policy is changed. It holds from the next ID-JAG on." },
  provider_disabled: {
    tone: "good",
    text: "Disabled. Its new ID-JAGs are refused. What it registered before goes on.",
  },
  provider_enabled: { tone: "good", text: "Enabled. Its ID-JAGs are accepted again." },
  mail_retried: { tone: "good", text: "The mail will be tried again within moments." },
  key_rotated: {
    tone: "good",
    text: "The next key is published, and will sign once everybody had time to fetch it.",
  },
  job_started: { tone: "good", text: "The job has started. It goes on if you leave, and after a restart." },
};

/** What stands in many places. */
export const shownWords = {
  noName: "No name given",
  nobody: "Nobody",
  none: "None",
  firstAgent: {
    heading: "No agent has registered yet",
    address: (url: Inline): Inline => say`Agents find their way in from one address: ${url}.`,
    tryIt: (prompt: Inline): Inline => say`Try it now: paste this into any agent. ${prompt}`,
    prompt: (url: string): string => `Read ${url} and register yourself.`,
    appears: "It appears here the moment it has registered, and you can stop it with one button.",
  },
} as const;

export const statusWords: Record<Status, { label: string; tone: Tone; means: string }> = {
  claimed: { label: "Claimed", tone: "good", means: "A person stands behind it." },
  pending_claim: {
    label: "Claim pending",
    tone: "accent",
    means: "A person was asked and has not answered.",
  },
  unclaimed: { label: "Unclaimed", tone: "neutral", means: "Nobody stands behind it yet." },
  expired: { label: "Expired", tone: "neutral", means: "Nobody claimed it in time." },
  ended: { label: "Ended", tone: "attention", means: "Its end date has passed." },
  suspended: { label: "Suspended", tone: "attention", means: "Stopped until an operator resumes it." },
  revoked: { label: "Revoked", tone: "bad", means: "Over for good." },
};

export const kindWords: Record<Kind, string> = {
  anonymous: "Anonymous",
  service_auth: "By e-mail hint",
  identity_assertion: "By provider",
};

export const jobWords: Record<JobAction, { verb: string; noun: string; done: string }> = {
  revoke: { verb: "Revoke", noun: "Revocation", done: "revoked" },
  suspend: { verb: "Suspend", noun: "Suspension", done: "suspended" },
  resume: { verb: "Resume", noun: "Resumption", done: "resumed" },
};
