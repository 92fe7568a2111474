/** Owns turning a page into HTML. Read next: `page.ts` for what goes in, `notices.ts` for the notices' words. */
import { compileTemplates, joinStylesheets, type Stylesheet } from "@agent-auth/web/rendering";
import { notices } from "./notices.js";
import type { Page, PageFrame } from "./page.js";
import { type Moment, momentOf, statusOf } from "./words.js";

const templateNames = [
  "layout",
  "sign-in",
  "sign-out",
  "device",
  "device-answer",
  "consent",
  "delegations",
  "notice",
  "_icon",
  "_time",
] as const;
const stylesheetNames = ["pages.css", "forms.css", "delegations.css"];
const ourFolder = new URL("./", import.meta.url);

const titles: Record<Exclude<Page["page"], "notice">, string> = {
  "sign-in": "Sign in",
  "sign-out": "Sign out",
  device: "Connect an agent",
  "device-answer": "Connect an agent",
  consent: "Allow a service",
  delegations: "Your connections",
};

const show = {
  moment: (seconds: number): Moment => momentOf(seconds),
  hostOf: (audience: string): string => (URL.canParse(audience) ? new URL(audience).host : audience),
  statusOf,
};

/** Compiles the templates and returns the function that renders any page. */
export function createRenderer(frame: PageFrame): (page: Page) => string {
  const part = compileTemplates(templateNames, ourFolder, { frame, show });
  return (page) => {
    const content = page.page === "notice" ? { ...page, ...noticeOf(page) } : page;
    const title = page.page === "notice" ? notices[page.notice].heading : titles[page.page];
    const hasProblem =
      (page.page === "sign-in" && page.isWrong) || (page.page === "device" && page.isUnknown);
    return part("layout", {
      template: page.page,
      content,
      title: `${hasProblem ? "Problem: " : ""}${title} – ${frame.providerName}`,
      monogram: (Array.from(frame.providerName.trim())[0] ?? "").toUpperCase(),
      account: "account" in page ? page.account : null,
    });
  };
}

function noticeOf(page: Extract<Page, { page: "notice" }>) {
  const notice = notices[page.notice];
  const [before, after] = notice.body.split("{service}");
  return {
    tone: notice.tone,
    heading: notice.heading,
    before,
    service: after === undefined ? null : show.hostOf(page.audience ?? ""),
    after: after ?? "",
    actionLabel: notice.action ?? null,
    action: page.action ?? null,
  };
}

/** Our stylesheet, and a fingerprint of it for its address. */
export function pageStylesheet(): Stylesheet {
  return joinStylesheets(["card.css", "reset.css", "notice.css"], ourFolder, stylesheetNames);
}
