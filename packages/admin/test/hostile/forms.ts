/** Owns the forms of our pages: found in their HTML, and who was shown them. */
import type supertest from "supertest";
import { attribute, decoded } from "../support/form.js";

/** One field of a form, with what a browser may send for it. */
export interface FormField {
  name: string;
  values: string[];
  /** `hidden`: filled in by us; `many`: any number of the values; `typed`: by a person, with what the label asks for. */
  kind: "hidden" | "many" | "one" | "typed";
}

/** A form as somebody could send it. */
export interface GoodForm {
  /** Address with query. */
  action: string;
  fields: FormField[];
  /** What the browser that was shown it sends along. */
  headers: Record<string, string>;
}

const kindOf = (element: string, type: string): FormField["kind"] => {
  if (type === "hidden") return "hidden";
  if (type === "checkbox") return "many";
  return element === "input" || element === "textarea" ? "typed" : "one";
};

function fieldsOf(inside: string): FormField[] {
  const fields = new Map<string, FormField>();
  let selected: string | undefined;
  const add = (name: string | undefined, kind: FormField["kind"], value: string | undefined) => {
    if (name === undefined) return;
    const field = fields.get(name) ?? { name, values: [], kind };
    if (value !== undefined && value !== "") field.values.push(value);
    fields.set(name, field);
  };
  for (const [, element = "", tag = "", text = ""] of inside.matchAll(
    /<(input|textarea|select|option|button)\b([^>]*)>([^<]*)/g,
  )) {
    const name = attribute(tag, "name");
    const value = element === "textarea" ? decoded(text) : attribute(tag, "value");
    if (element === "option") add(selected, "one", value);
    else add(name, kindOf(element, attribute(tag, "type") ?? ""), value);
    if (element === "select") selected = name;
  }
  // "Type “this” to confirm".
  for (const [, id = "", label = ""] of inside.matchAll(/<label for="field-([^"]*)">([^<]*)/g)) {
    const asked = /“([^”]+)”/.exec(label)?.[1];
    const field = fields.get(id);
    if (asked !== undefined && field?.kind === "typed") field.values = [decoded(asked)];
  }
  return [...fields.values()];
}

/** The forms of a page that are posted. */
export function formsOf(html: string, headers: Record<string, string>): GoodForm[] {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].flatMap(([, tag = "", inside = ""]) => {
    const action = attribute(tag, "action");
    return attribute(tag, "method") === "post" && action !== undefined
      ? [{ action, fields: fieldsOf(inside), headers }]
      : [];
  });
}

/** Addresses a page leads to. */
export const linksOf = (html: string): string[] =>
  [...html.matchAll(/\shref="([^"#]*)"/g)].map(([, address = ""]) => decoded(address));

/** Every name a page has for a field, or for a part of a query. */
export function namesOf(html: string): string[] {
  const ofFields = [...html.matchAll(/<(?:input|textarea|select|button)\b[^>]*\sname="([^"]*)"/g)];
  const addresses = [...linksOf(html), ...formsOf(html, {}).map(({ action }) => action)];
  const ofQueries = addresses.flatMap((address) => [
    ...new URLSearchParams(address.split("?")[1] ?? "").keys(),
  ]);
  return [...ofFields.map(([, name = ""]) => decoded(name)), ...ofQueries];
}

/** Sends requests to an app. */
type Requests = Pick<ReturnType<typeof supertest>, "get" | "post">;

/** A browser that keeps its cookies, and sends the headers of whoever sits at it. */
export class FormBrowser {
  readonly #agent: Requests;
  readonly #person: Record<string, string>;
  readonly #cookies = new Map<string, string>();

  constructor(agent: Requests, person: Record<string, string> = {}) {
    this.#agent = agent;
    this.#person = person;
  }

  /** What it sends along with a form of ours. */
  get headers(): Record<string, string> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return { ...this.#person, ...(cookie === "" ? {} : { cookie }), "sec-fetch-site": "same-origin" };
  }

  async get(path: string): Promise<string> {
    return this.#keep(await this.#agent.get(path).set(this.headers));
  }

  /** The forms of that page. */
  async forms(path: string): Promise<GoodForm[]> {
    const html = await this.get(path);
    return formsOf(html, this.headers);
  }

  /** Sends a form with some of its fields filled in. */
  async send({ action, fields }: GoodForm, filled: Record<string, string> = {}): Promise<string> {
    const own = fields.flatMap(({ name, values: [value] }) => (value === undefined ? [] : [[name, value]]));
    const body = new URLSearchParams({ ...Object.fromEntries(own), ...filled }).toString();
    return this.#keep(await this.#agent.post(action).set(this.headers).type("form").send(body));
  }

  #keep({ headers, text }: { headers: Record<string, unknown>; text: string }): string {
    for (const line of [headers["set-cookie"] ?? []].flat()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(String(line)) ?? [];
      this.#cookies.set(name, value);
    }
    return text;
  }
}
