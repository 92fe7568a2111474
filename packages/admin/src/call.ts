/** Owns what the handler of a page is given, and the answers most of them give. */
import type { Request } from "express";
import type { Operator, Role, Settings } from "./options.js";
import { isAtLeast } from "./options.js";
import type { Tokens } from "./page-guard.js";
import type { Reply } from "./reply.js";
import type { Form } from "./request-body.js";
import type { AdminQueries, AdminSurface, DataExport, OperatorAction } from "./surface.js";
import type { Block, FormBlock, PageContent, PostButton } from "./views/page.js";
import { type NoticeName, notices } from "./views/texts-en.js";
import { say } from "./views/words.js";

/** Values of a query string; null and undefined are left out. */
export type Query = Record<string, string | null | undefined>;

/** One request to one page. */
export interface Call {
  surface: AdminSurface;
  queries: AdminQueries;
  settings: Settings;
  operator: Operator;
  request: Request;
  /** Parts of the path that vary, decoded. */
  params: Record<string, string>;
  query: URLSearchParams;
  form: Form;
  tokens: Tokens;
  now: number;
  /** Whether one of our pages is at that path, below the mount. */
  isPage(path: string): boolean;
  /** Path of one of our pages for this browser. */
  link(path: string, query?: Query): string;
}

export type Handler = (call: Call) => Promise<Reply> | Reply;

/** A path of ours with its query. */
export function pathWith(base: string, path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => !!pair[1]);
  const text = new URLSearchParams(pairs).toString();
  return (path === "/" && base !== "" ? base : base + path) + (text === "" ? "" : `?${text}`);
}

export function may(call: Call, role: Role): boolean {
  return isAtLeast(call.operator.role, role);
}

export function pageReply(page: PageContent, status = 200, headers: Record<string, string> = {}): Reply {
  return { kind: "page", status, page, headers };
}

/** After an action: back to a page that says what was done. */
export function doneReply(call: Call, path: string, message: string, query: Query = {}): Reply {
  return {
    kind: "redirect",
    location: call.link(path, { ...query, message: call.tokens.message(message) }),
  };
}

/** A page that says how things stand and what to do next. */
export function noticeReply(call: Call, name: NoticeName, extra: Block[] = []): Reply {
  return pageReply(noticePage(name, call.link("/"), extra), notices[name].status);
}

export function noticePage(name: NoticeName, home: string | null, extra: Block[] = []): PageContent {
  const { heading, text } = notices[name];
  const back: Block[] =
    home === null ? [] : [{ kind: "actions", links: [{ label: notices.back, href: home, tone: "quiet" }] }];
  return {
    title: heading,
    current: null,
    blocks: [{ kind: "text", paragraphs: [say`${{ words: text }}`] }, ...extra, ...back],
  };
}

/** The operator's name and reason for the audit log. */
export function actionOf(call: Call, reason: string): OperatorAction {
  return { operatorId: call.operator.id, reason, ip: call.request.ip ?? null };
}

/** A button that exports the listing this query finds. */
export function exportButton(call: Call, label: string, path: string, query: Query): PostButton {
  return { label, action: call.link(path, query), csrf: call.tokens.form(), tone: "quiet" };
}

/** A file of what an operator takes. The audit log says so before a row leaves, and the file does not hold that line. */
export function exportReply(
  call: Call,
  taken: DataExport,
  { pieces, ...file }: { contentType: string; fileName: string; pieces: AsyncIterable<string> },
): Reply {
  async function* noted(): AsyncGenerator<string, void> {
    let isNoted = false;
    for await (const piece of pieces) {
      if (!isNoted) await call.surface.recordExport(taken, actionOf(call, ""));
      isNoted = true;
      yield piece;
    }
  }
  return { kind: "download", ...file, pieces: noted() };
}

/** A form of ours: where it goes and its token. */
export function formTo(
  call: Call,
  path: string,
  form: Omit<FormBlock, "kind" | "method" | "action" | "csrf">,
): FormBlock {
  return { kind: "form", method: "post", action: call.link(path), csrf: call.tokens.form(), ...form };
}
