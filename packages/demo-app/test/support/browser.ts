/** Owns a browser as far as HTTP goes: keeps cookies, fills in forms, follows no redirect by itself. */

export interface Page {
  status: number;
  location: string | null;
  headers: Headers;
  html: string;
}

interface SubmitOptions {
  /** Pretends that the form was on a page of another site. */
  from?: string;
}

export class Browser {
  readonly cookies = new Map<string, string>();

  constructor(private readonly baseUrl: string) {}

  async request(path: string, init: RequestInit = {}): Promise<Page> {
    const headers = new Headers(init.headers);
    if (this.cookies.size > 0)
      headers.set("Cookie", [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await fetch(new URL(path, this.baseUrl), { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const [name = "", value = ""] = pair.split(/=(.*)/s);
      if (value === "" || /expires=thu, 01 jan 1970/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return {
      status: response.status,
      location: response.headers.get("location"),
      headers: response.headers,
      html: await response.text(),
    };
  }

  get(path: string): Promise<Page> {
    return this.request(path);
  }

  submit(path: string, fields: Record<string, string> | [string, string][], options: SubmitOptions = {}) {
    const origin = options.from ?? new URL(this.baseUrl).origin;
    const site = options.from === undefined ? "same-origin" : "cross-site";
    return this.request(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { Origin: origin, "Sec-Fetch-Site": site },
    });
  }

  signIn(email: string, password: string, returnTo = "/"): Promise<Page> {
    return this.submit("/login", { email, password, return_to: returnTo });
  }
}

/** What a browser makes of the entities our templates write. */
const decoded = (text: string) =>
  text
    .replaceAll("&#34;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

/** Target of one of the page's posted forms, and what it would send as it stands. */
export function formOf(html: string, which = 0): { target: string; fields: [string, string][] } {
  const forms = [...html.matchAll(/<form[^>]*method="post"[^>]*>.*?<\/form>/gs)].map(([text]) => text);
  const form = forms[which];
  const target = /action="([^"]*)"/.exec(form ?? "")?.[1];
  if (form === undefined || target === undefined) throw new Error(`The page has no form ${which}`);
  const fields = [...form.matchAll(/<input[^>]*>/g)].flatMap(([tag]): [string, string][] => {
    const attribute = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
    const isSent = attribute("type") === "hidden" || / checked\b/.test(tag);
    return isSent ? [[attribute("name"), decoded(attribute("value"))]] : [];
  });
  return { target: decoded(target), fields };
}

/** The value of a field of the page's form, as it would be sent. */
export function fieldValue(html: string, name: string): string {
  const tag = [...html.matchAll(/<input[^>]*>/g)]
    .map(([text]) => text)
    .find((text) => text.includes(`name="${name}"`));
  const value = /value="([^"]*)"/.exec(tag ?? "")?.[1];
  if (value === undefined) throw new Error(`The page has no field ${name}`);
  return decoded(value);
}
