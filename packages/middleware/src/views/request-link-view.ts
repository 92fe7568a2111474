/** Owns the view model of the page that mails a link to one's connected agents: what `request-link.ejs` shows. */
import type { FormView } from "./form-view.js";
import type { PageFrame, RequestLinkPage } from "./page.js";
import type { Sentence } from "./sentence.js";
import { texts } from "./texts-en.js";

/** What `request-link.ejs` shows. */
export interface RequestLinkView {
  heading: string;
  body: Sentence;
  /** Whether the body answers a press of the button. */
  isAnswer: boolean;
  problem: null | { message: string; field: "email" | "form"; fieldId: string };
  form: FormView;
}

/** Turns a request-link page into what its template shows. */
export function requestLinkView(frame: PageFrame, page: RequestLinkPage): RequestLinkView {
  const { serviceName } = frame;
  return {
    heading: page.wasSent ? texts.requestLink.sentHeading : texts.requestLink.heading,
    body: page.wasSent ? texts.requestLink.sent(serviceName) : texts.requestLink.body(serviceName),
    isAnswer: page.wasSent,
    problem:
      page.problem === null
        ? null
        : page.problem === "stale_form"
          ? { message: texts.problems.staleForm, field: "form", fieldId: "email" }
          : { message: texts.requestLink.malformedEmail, field: "email", fieldId: "email" },
    form: { target: page.form.target, fields: [{ name: "csrf", value: page.form.csrf }] },
  };
}
