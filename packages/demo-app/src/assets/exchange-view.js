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

function bodyOf(value) {
  if (value === undefined || value === "") return [];
  return typeof value === "string" ? ["\n", value] : ["\n", ...highlighted(value)];
}

export function statusTone(status) {
  return status < 300 ? "good" : status < 500 ? "warm" : "bad";
}

function assertionView(title, json) {
  const decoded =
    typeof json?.identity_assertion === "string" ? decodeJwt(json.identity_assertion) : undefined;
  if (decoded === undefined) return [];
  return [
    element("h5", {}, "identity_assertion, decoded"),
    block(`Decoded identity assertion of ${title}`, ...highlighted(decoded)),
  ];
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
          ...assertionView(title, response.json),
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
      ...bodyOf(request.body),
    ),
    ...answer,
  );
}
