/** Owns reading a form of a page as a browser would send it: what is filled in and ticked, and what is wrong with it. */

/** Text as it stands in HTML, as text. */
export const decoded = (text: string): string =>
  text
    .replaceAll("&#34;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

/** An attribute of a tag, if it has it. */
export const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return found === undefined ? undefined : decoded(found);
};

/** Everything the form that goes to `action` would send, by name. */
export function filledIn(html: string, action: string): Record<string, string[]> {
  const form = html
    .split("<form ")
    .slice(1)
    .find((part) => attribute(` ${part.slice(0, part.indexOf(">"))}`, "action")?.endsWith(action));
  const inside = form?.slice(0, form.indexOf("</form>")) ?? "";
  const fields: Record<string, string[]> = {};
  const add = (name: string | undefined, value: string) => {
    if (name !== undefined) fields[name] = [...(fields[name] ?? []), value];
  };
  for (const [tag] of inside.matchAll(/<input[^>]*>/g)) {
    const isOff = attribute(tag, "type") === "checkbox" && !/\schecked/.test(tag);
    if (!isOff) add(attribute(tag, "name"), attribute(tag, "value") ?? "");
  }
  for (const [tag, value] of inside.matchAll(/<textarea[^>]*>([^<]*)<\/textarea>/g))
    add(attribute(tag, "name"), decoded(value ?? ""));
  return fields;
}

/** What the page says is wrong, by field; `form` for what is about no field. */
export function problemsIn(html: string): Record<string, string> {
  const list = /role="alert">(.*?)<\/div><\/div>/s.exec(html)?.[1] ?? "";
  const problems: Record<string, string> = {};
  for (const [, item = ""] of list.matchAll(/<li>(.*?)<\/li>/gs)) {
    const linked = /href="#field-([^"]+)">(.*?)<\/a>/s.exec(item);
    problems[linked?.[1] ?? "form"] = decoded(linked?.[2] ?? item);
  }
  return problems;
}

/** The words of a page, without its markup. */
export function wordsOf(html: string): string {
  return decoded(html.replace(/<[^>]+>/g, "")).replace(/\s+/g, " ");
}
