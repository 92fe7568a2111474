/**
 * Owns turning a page into HTML, without the host's view engine. Read next: `page.ts` for what goes in, `texts-en.ts`
 * for every sentence, `templates.ts` for how a host replaces templates.
 */
import { joinStylesheets, type Stylesheet } from "@agent-auth/web/rendering";
import { checkMailView } from "./check-mail-view.js";
import { codeView } from "./code-view.js";
import { connectedView } from "./connected-view.js";
import { continueView } from "./continue-view.js";
import { noticeView } from "./notice-view.js";
import type { Page, PageFrame } from "./page.js";
import { requestLinkView } from "./request-link-view.js";
import { reviewView } from "./review-view.js";
import { asText, type Sentence } from "./sentence.js";
import { compilePages, ourFolder, type TemplateName } from "./templates.js";
import { texts } from "./texts-en.js";

const stylesheetNames = [
  "pages.css",
  "messages.css",
  "parties.css",
  "forms.css",
  "notice.css",
  "code.css",
  "connected.css",
];

interface Content {
  heading: Sentence | string;
  problem?: object | null;
}

/**
 * Compiles the templates and returns the function that renders any page of this service. Files of `templatesFolder`
 * that are named like our templates take their place; throws when it cannot be read or one of them does not compile.
 */
export function createRenderer(
  frame: PageFrame,
  templatesFolder: string | null = null,
): (page: Page) => string {
  const part = compilePages(templatesFolder);
  return (page) => {
    const [template, content] = contentOf(frame, page);
    const heading = typeof content.heading === "string" ? content.heading : asText(content.heading);
    const title = texts.pageTitle(heading, frame.serviceName);
    const hasProblem = content.problem !== undefined && content.problem !== null;
    return part("layout", {
      frame,
      monogram: (Array.from(frame.serviceName.trim())[0] ?? "").toUpperCase(),
      title: hasProblem ? texts.pageTitleWithProblem(title) : title,
      template,
      content,
    });
  };
}

function contentOf(frame: PageFrame, page: Page): [TemplateName, Content] {
  switch (page.page) {
    case "review":
      return ["review", reviewView(frame, page)];
    case "code":
      return ["code", codeView(frame, page)];
    case "check_mail":
      return ["check-mail", checkMailView(frame, page)];
    case "continue":
      return ["continue", continueView(frame, page)];
    case "connected":
      return ["connected", connectedView(frame, page)];
    case "request_link":
      return ["request-link", requestLinkView(frame, page)];
    case "notice":
      return ["notice", noticeView(frame, page)];
  }
}

/** Our stylesheet, and a fingerprint of it for its address. */
export function pageStylesheet(): Stylesheet {
  return joinStylesheets(["card.css", "reset.css", "notice.css"], ourFolder, stylesheetNames);
}
