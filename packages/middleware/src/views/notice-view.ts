/** Owns the notices' view model: what `notice.ejs` shows, and how each notice looks. */

import { visibleText } from "@agent-auth/web/visible-text";
import { longest } from "./longest.js";
import type { NoticePage, PageFrame } from "./page.js";
import type { Sentence } from "./sentence.js";
import { texts } from "./texts-en.js";

type Tone = "success" | "neutral" | "danger";
type Icon = "check" | "cross" | "clock" | "info" | "warning" | "lock" | "person" | "link";

/** What `notice.ejs` shows. */
export interface NoticeView {
  heading: string;
  body: Sentence;
  tone: Tone;
  icon: Icon;
  action: null | { label: string; url: string };
}

const looks: Record<NoticePage["notice"], { tone: Tone; icon: Icon }> = {
  claimed: { tone: "success", icon: "check" },
  denied: { tone: "neutral", icon: "cross" },
  locked: { tone: "danger", icon: "lock" },
  expired: { tone: "neutral", icon: "clock" },
  too_many_guesses: { tone: "danger", icon: "lock" },
  replaced: { tone: "neutral", icon: "info" },
  revoked: { tone: "neutral", icon: "cross" },
  suspended: { tone: "danger", icon: "warning" },
  provider_disabled: { tone: "danger", icon: "warning" },
  wrong_account: { tone: "neutral", icon: "person" },
  no_account: { tone: "neutral", icon: "person" },
  link_used: { tone: "neutral", icon: "link" },
  signed_out: { tone: "neutral", icon: "person" },
  unknown_link: { tone: "neutral", icon: "link" },
  rate_limited: { tone: "neutral", icon: "clock" },
  cross_site: { tone: "danger", icon: "warning" },
  unavailable: { tone: "neutral", icon: "clock" },
  server_error: { tone: "danger", icon: "warning" },
  bad_request: { tone: "danger", icon: "warning" },
  no_authorization: { tone: "neutral", icon: "info" },
};

/** Turns a notice into what its template shows. */
export function noticeView(frame: PageFrame, page: NoticePage): NoticeView {
  const text = texts.notices[page.notice]({
    serviceName: frame.serviceName,
    email: visibleText(page.account?.email ?? null, longest.email),
    retryAfterSeconds: page.retryAfterSeconds ?? null,
    requestId: visibleText(page.requestId ?? null, longest.name),
  });
  return { ...text, ...looks[page.notice], action: actionOf(page) };
}

function actionOf(page: NoticePage): NoticeView["action"] {
  if (page.account !== undefined) return { label: texts.switchAccount, url: page.account.switchUrl };
  return page.signInUrl === undefined ? null : { label: texts.signIn, url: page.signInUrl };
}
