/** Owns the forms of the dashboard: found by following every link, for an operator of each role. */
import { type Role, roles } from "../../src/options.js";
import { routes } from "../../src/router.js";
import type { ProviderStage } from "../support/provider.js";
import type { Stage } from "../support/stage.js";
import { FormBrowser, type FormField, formsOf, type GoodForm, linksOf, namesOf } from "./forms.js";

/** Names an operator whose posts get past the guard: nobody who only claims a role is called this. */
export const deskHeader = "x-test-desk";

export interface DashboardForms {
  doors: Map<string, GoodForm[]>;
  names: string[];
  /** Addresses of pages, without the mount. */
  pages: string[];
}

/** Pages of one kind that are looked at. */
const ofAKind = 2;
const kindOf = (address: string): string => {
  const [path = "", query = ""] = address.split("?");
  const names = [...new Set(new URLSearchParams(query).keys())].sort();
  return `${path.replace(/[^/]*\d[^/]*/g, ":")}?${names}`;
};

const patternOf = (path: string): string | undefined =>
  routes
    .filter(({ method }) => method === "POST")
    .map((route) => route.path)
    .filter((pattern) => new RegExp(`^${pattern.replace(/:\w+/g, "[^/]+")}$`).test(path))
    .sort((one, other) => one.split(":").length - other.split(":").length)[0];

/** A form for a door that no page leads to: its names are those of the other forms. */
function madeUp(pattern: string, mount: string, known: readonly GoodForm[]): GoodForm {
  const fields = new Map<string, FormField>();
  for (const field of known.flatMap((form) => form.fields)) fields.set(field.name, field);
  const action = mount + pattern.replace(/:\w+/g, "1");
  return { action, fields: [...fields.values()], headers: known[0]?.headers ?? {} };
}

/** The form as somebody of another role would have to make it up. */
const asOf = (form: GoodForm, headers: Record<string, string>, csrf: string): GoodForm => ({
  ...form,
  headers,
  fields: form.fields.map((field) => (field.name === "csrf" ? { ...field, values: [csrf] } : field)),
});

/** Follows every link an admin sees, but for those to registrations that are to be left alone. `first` is one to begin with. */
export async function dashboardForms(
  on: ProviderStage,
  { first, spared }: { first: string; spared: readonly string[] },
): Promise<DashboardForms> {
  const browsers = new Map(roles.map((role) => [role, new FormBrowser(on.agent, { [deskHeader]: role })]));
  const admin = browsers.get("admin") as FormBrowser;
  const seen = new Map<string, number>();
  const names = new Set<string>();
  const forms: GoodForm[] = [];
  const pages: string[] = [];
  const waiting = [`${on.mount}/registrations/${first}`, on.mount];
  const isSpared = (text: string) => spared.some((id) => text.includes(id));
  const note = (html: string) => {
    for (const name of namesOf(html)) names.add(name);
    forms.push(...formsOf(html, admin.headers).filter((form) => !isSpared(JSON.stringify(form))));
    for (const address of linksOf(html)) {
      const count = seen.get(kindOf(address)) ?? 0;
      const isNew = address.startsWith(on.mount) && !pages.includes(address) && !waiting.includes(address);
      if (!isNew || isSpared(address) || count >= ofAKind) continue;
      seen.set(kindOf(address), count + 1);
      waiting.push(address);
    }
  };
  for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
    pages.push(address);
    note(await admin.get(address));
  }
  // One form is behind another.
  for (const form of forms.filter(({ action }) => action.endsWith("/providers/inspect")))
    note(await admin.send(form, { issuer: on.idp.issuer }));
  return { doors: await doorsOf(on, browsers, forms), names: [...names], pages };
}

async function doorsOf(on: Stage, browsers: ReadonlyMap<Role, FormBrowser>, forms: readonly GoodForm[]) {
  const doors = new Map<string, GoodForm[]>();
  const tokens = new Map<Role, string>();
  for (const [role, browser] of browsers) {
    const [form] = await browser.forms(`${on.mount}/settings`);
    tokens.set(role, form?.fields.find(({ name }) => name === "csrf")?.values[0] ?? "");
  }
  for (const { method, path } of routes) {
    if (method !== "POST") continue;
    const own = forms.filter(
      ({ action }) => patternOf(action.split("?")[0]?.slice(on.mount.length) ?? "") === path,
    );
    const found = own.length > 0 ? own : [madeUp(path, on.mount, forms)];
    const by = (role: Role) =>
      found.map((form) => asOf(form, browsers.get(role)?.headers ?? {}, tokens.get(role) ?? ""));
    // Mostly by somebody who may.
    doors.set(path, [...by("admin"), ...by("admin"), ...by("admin"), ...by("operator"), ...by("viewer")]);
  }
  return doors;
}
