/** Owns how a request and its answer look on screen. */
import { element } from "./dom.js";
import { decodeJwt } from "./wire.js";

/** Keys and strings get a colour; the text stays exactly what `JSON.stringify` made. */
function highlighted(value) {
  const text = JSON.stringify(value, null, 2);
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(/("(?:\\.|[^"\\])*")(\s*:)?/g)) {
    parts.push(text.slice(end, match.index));
    parts.push(
      element("span", { class: match[2] === undefined ? "string" : "key" }, match[1]),
      match[2] ?? "",
    );
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

/** A block that scrolls inside itself, so it takes the focus of the keyboard. */
function block(label, ...content) {
  return element("pre", { class: "code", tabindex: "0", role: "group", "aria-label": label }, ...content);
}

const headerLines = (headers) => Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);

/** A form has its parameters one below the other; nothing else about it is changed. */
const formLines = (body) => (typeof body === "string" ? body.replaceAll("&", "\n&") : body);

function bodyOf(value) {
  if (value === undefined || value === "") return [];
  return typeof value === "string" ? ["\n", value] : ["\n", ...highlighted(value)];
}

export function statusTone(status) {
  return status < 300 ? "good" : status < 500 ? "warm" : "bad";
}

/** What a token is called, by the `typ` it was signed with. */
const tokenNames = {
  "agent-identity-assertion+jwt": "identity_assertion",
  "oauth-id-jag+jwt": "ID-JAG",
  "secevent+jwt": "Security Event Token",
  JWT: "ID token",
};

/** Every text of a body that could be a token: members of an object or a form, or of the newest item of a list. */
function textsOf(body) {
  if (Array.isArray(body)) return textsOf(body.at(-1));
  if (typeof body === "string") return [...new URLSearchParams(body).values()];
  return Object.values(body ?? {}).filter((value) => typeof value === "string");
}

/** The tokens that went over the wire, header and payload, for reading: nothing is verified here. */
function tokenViews(title, request, response) {
  const views = [];
  const seen = new Set();
  for (const text of [...textsOf(response?.json), ...textsOf(request.body)]) {
    const decoded = decodeJwt(text);
    const name = tokenNames[decoded?.header?.typ];
    if (name === undefined || seen.has(text)) continue;
    seen.add(text);
    views.push(
      element("h5", {}, `${name}, decoded`),
      block(`Decoded ${name} of ${title}`, ...highlighted(decoded)),
    );
  }
  return views;
}

/** @param {{ title: string, exchange: any, count: number }} shown */
export function exchangeView({ title, exchange, count }) {
  const { request, response, error } = exchange;
  const answer =
    response === null
      ? [element("h5", {}, "Response"), element("p", { class: "note bad" }, error)]
      : [
          element(
            "h5",
            {},
            "Response",
            element(
              "span",
              { class: `badge ${statusTone(response.status)}` },
              `${response.status} ${response.statusText}`,
            ),
          ),
          block(
            `Response to ${title}`,
            ...headerLines(response.headers),
            ...bodyOf(response.json ?? response.text),
          ),
        ];
  return element(
    "div",
    { class: "exchange" },
    element("h4", {}, title),
    element("h5", {}, count > 1 ? `Request, sent ${count} times` : "Request"),
    block(
      `Request of ${title}`,
      `${request.method} ${request.url}\n`,
      ...headerLines(request.headers),
      ...bodyOf(formLines(request.body)),
    ),
    ...answer,
    ...tokenViews(title, request, response),
  );
}
