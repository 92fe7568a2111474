/** Owns a browser without a screen: it keeps our cookies where they belong, and sends the forms of the pages it is shown. */
import { expect } from "@jest/globals";
import { expectPageHeaders, headingOf } from "./claim-visit.js";
import { type Person, personHeader, type Response, type World } from "./world.js";

/** One form of a page. */
export interface PageForm {
  target: string;
  fields: Record<string, string>;
  /** The values of its `action` buttons. */
  actions: string[];
}

/** The forms of a page, in order. */
export function formsOf(html: string): PageForm[] {
  return [...html.matchAll(/<form[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs)].map(
    ([, target = "", inner = ""]) => {
      const fields: Record<string, string> = {};
      for (const [tag] of inner.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
        const [name, value] = [/name="([^"]*)"/, /value="([^"]*)"/].map((part) => part.exec(tag)?.[1]);
        if (name !== undefined) fields[name] = value ?? "";
      }
      const actions = [...inner.matchAll(/<button[^>]*name="action" value="([^"]*)"/g)].map(
        ([, value = ""]) => value,
      );
      return { target, fields, actions };
    },
  );
}

/** The one form of a page that has one. */
export function formOf(html: string): PageForm {
  const [form, ...more] = formsOf(html);
  expect(more).toEqual([]);
  expect(form).toBeDefined();
  return form as PageForm;
}

/** What a form is sent with: fields replaced, repeated or, with null, left out. */
export type Changes = Record<string, string | string[] | null>;

export class PageBrowser {
  /** By name: the value, and the path it is kept for. */
  readonly cookies = new Map<string, { value: string; path: string }>();

  constructor(
    private readonly stage: World,
    /** Who is signed in at the host. */
    readonly person: Person | null = null,
  ) {}

  get(path: string): Promise<Response> {
    return this.#send("get", path);
  }

  head(path: string): Promise<Response> {
    return this.#send("head", path);
  }

  /** Sends a form of ours as a browser does. */
  submit(
    { target, fields }: Pick<PageForm, "target" | "fields">,
    changes: Changes = {},
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const form = new URLSearchParams();
    for (const [name, values] of Object.entries({ ...fields, ...changes }))
      for (const value of [values ?? []].flat()) form.append(name, value);
    return this.#send("post", target, form.toString(), { "Sec-Fetch-Site": "same-origin", ...headers });
  }

  /** Opens a page and presses the only button, or the one with this action, of its only form. */
  async press(path: string, action?: string, changes: Changes = {}): Promise<Response> {
    const form = formOf((await this.get(path)).text);
    if (action !== undefined) expect(form.actions).toContain(action);
    return this.submit(form, action === undefined ? changes : { action, ...changes });
  }

  async #send(
    method: "get" | "head" | "post",
    path: string,
    body = "",
    headers: Record<string, string> = {},
  ) {
    const request = this.stage.agent[method](path).set(headers);
    if (this.person !== null) request.set(personHeader, this.person);
    const { pathname } = new URL(path, "https://notes.example");
    const kept = [...this.cookies].filter(([, cookie]) => pathname.startsWith(cookie.path));
    if (kept.length > 0)
      request.set("Cookie", kept.map(([name, { value }]) => `${name}=${value}`).join("; "));
    const response = await (method === "post" ? request.type("form").send(body) : request);
    for (const line of setCookies(response)) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, { value, path: /; Path=([^;]*)/i.exec(line)?.[1] ?? "/" });
    }
    return response;
  }
}

export function setCookies({ headers }: Response): string[] {
  return [headers["set-cookie"] ?? []].flat();
}

/** A page with a form: status, heading, every header, no script, no inline style. */
export function expectForm(response: Response, status: number, heading: string, isHttps = true): void {
  expect([response.status, headingOf(response.text)]).toEqual([status, heading]);
  expect(response.headers["content-type"]).toBe("text/html; charset=utf-8");
  expectPageHeaders(response.headers, isHttps);
  expect(response.text).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+=|https?:/i);
  expect(response.text).toContain("<form");
}

/** A redirect back to a page, with or without a cookie. */
export function expectMovedTo(response: Response, location: string, cookies = 0): void {
  expect([response.status, response.headers.location, response.text]).toEqual([303, location, ""]);
  expect(setCookies(response)).toHaveLength(cookies);
  const { "set-cookie": _cookies, ...headers } = response.headers;
  expectPageHeaders(headers, true);
}
