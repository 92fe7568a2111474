/** Owns an operator at the demo's dashboard as far as HTTP goes: signs in, reads pages, fills in the forms on them. */
import { Browser, fieldValue, formOf, type Page } from "./browser.js";
import { eventually } from "./mail.js";

export const dashboard = "/admin/agents";
const account = { email: "operator@example.com", password: "operator-demo" };

/** What a form is sent with: what it has as it stands, with these fields instead. */
export type Filled = Record<string, string | string[]>;

export class Operator {
  readonly browser: Browser;

  constructor(readonly baseUrl: string) {
    this.browser = new Browser(baseUrl);
  }

  /** Opens a page of the dashboard. Whoever is sent to the login signs in there and comes back. */
  async open(path = ""): Promise<Page> {
    let page = await this.browser.get(dashboard + path);
    while (page.status === 303 && page.location !== null) {
      const isLogin = page.location.startsWith("/login");
      page = await this.browser.get(page.location);
      const { email, password } = account;
      if (isLogin) page = await this.browser.signIn(email, password, fieldValue(page.html, "return_to"));
    }
    return page;
  }

  /** Fills in the form with this button on a page of the dashboard, and shows where that leads. */
  async press(path: string, button: string, filled: Filled = {}): Promise<Page & { path: string }> {
    return this.goOn({ ...(await this.open(path)), path }, button, filled);
  }

  /** The same on a page that is open already. */
  async goOn(
    page: Page & { path: string },
    button: string,
    filled: Filled = {},
  ): Promise<Page & { path: string }> {
    const answer = await this.send(page, button, filled);
    if (answer.status !== 303 || answer.location === null) return { ...answer, path: page.path };
    return { ...(await this.browser.get(answer.location)), path: answer.location };
  }

  /** The answer to a form itself. */
  send({ html }: Page, button: string, filled: Filled = {}): Promise<Page> {
    const { target, fields } = formOf(html, formNamed(html, button));
    const kept = fields.filter(([name]) => !Object.hasOwn(filled, name));
    const given = Object.entries(filled).flatMap(([name, values]) =>
      [values].flat().map((value): [string, string] => [name, value]),
    );
    return this.browser.submit(target, [...kept, ...given]);
  }

  /** The page of a bulk job that was just started, once it is over. */
  finished({ path }: { path: string }): Promise<Page> {
    return eventually(async () => {
      const page = await this.browser.get(path);
      return headingOf(page).endsWith("finished") ? page : undefined;
    }, "The end of the job");
  }
}

function formNamed(html: string, button: string): number {
  const forms = [...html.matchAll(/<form[^>]*method="post"[^>]*>.*?<\/form>/gs)].map(([form]) => form);
  const index = forms.findIndex((form) => form.includes(`>${button}</button>`));
  if (index < 0) throw new Error(`The page has no button ${button}`);
  return index;
}

/** What a person reads there. */
export const readable = (html: string): string =>
  html
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&#34;", '"')
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ")
    .trim();

export const headingOf = ({ html }: Page): string => readable(/<h1>(.*?)<\/h1>/s.exec(html)?.[1] ?? "");

/** What the page says about the action that led to it. */
export const messageOf = ({ html }: Page): string =>
  readable(/<p [^>]*role="status"[^>]*>(.*?)<\/p>/s.exec(html)?.[1] ?? "");

/** The rows of the page's tables, as they are read. */
export const rowsOf = ({ html }: Page): string[] =>
  [...html.matchAll(/<tr role="row">(.*?)<\/tr>/gs)].map(([, row = ""]) => readable(row));

/** The addresses a page links to under this path of the dashboard. */
export const linksTo = ({ html }: Page, path: string): string[] =>
  [...html.matchAll(/href="([^"]*)"/g)]
    .map(([, href = ""]) => href.replaceAll("&amp;", "&"))
    .filter((href) => href.startsWith(dashboard + path));
