/** Owns a strict reading of our HTML for tests: any `<` that does not open or close a well-formed tag is an error. */

/** One opening tag. */
export interface Tag {
  name: string;
  attributes: Map<string, string>;
  /** What follows the tag, up to the next one. */
  text: string;
}

const tagPattern = /^<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z-]+(?:="[^"<>]*")?)*)\/?>/;
const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", "#34": '"', "#39": "'" };

function decode(text: string): string {
  return text.replace(/&([a-z]+|#\d+);/g, (whole, name: string) => entities[name] ?? whole);
}

/** Every opening tag of a document, in order; throws where the markup is not what our templates write. */
export function tagsOf(html: string): Tag[] {
  const tags: Tag[] = [];
  let rest = html.replace("<!doctype html>", "");
  for (let at = rest.indexOf("<"); at !== -1; at = rest.indexOf("<")) {
    rest = rest.slice(at);
    const match = tagPattern.exec(rest);
    if (match === null) throw new Error(`stray markup: ${rest.slice(0, 80)}`);
    rest = rest.slice(match[0].length);
    const [, closing, name = "", written = ""] = match;
    if (closing === "/") continue;
    const attributes = new Map<string, string>();
    for (const [, key = "", value = ""] of written.matchAll(/ ([a-zA-Z-]+)(?:="([^"]*)")?/g)) {
      if (attributes.has(key)) throw new Error(`<${name}> has ${key} twice`);
      attributes.set(key, decode(value));
    }
    const end = rest.indexOf("<");
    tags.push({ name, attributes, text: decode(end === -1 ? rest : rest.slice(0, end)) });
  }
  return tags;
}

/** The one tag with this attribute value; throws when there is none or more than one. */
export function tagWith(html: string, attribute: string, value: string): Tag {
  const found = tagsOf(html).filter((tag) => tag.attributes.get(attribute) === value);
  const [tag] = found;
  if (tag === undefined || found.length > 1)
    throw new Error(`${found.length} tags with ${attribute}=${value}`);
  return tag;
}
