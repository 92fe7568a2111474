/** Owns sending one request as an agent, and keeping exactly what was sent and what came back. */

const shownHeaders = [
  "www-authenticate",
  "content-type",
  "cache-control",
  "etag",
  "allow",
  "retry-after",
  "ratelimit",
  "ratelimit-policy",
];

/** JSON body of an agent's request. */
export function json(value) {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(value), shownBody: value };
}

/** Form body of an agent's request. */
export function form(fields) {
  const body = new URLSearchParams(fields).toString();
  return { headers: { "Content-Type": "application/x-www-form-urlencoded" }, body, shownBody: body };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Sends without the person's cookie: an agent has none. Never rejects; `error` says why there is no answer.
 * @param {{ method: string, url: string, headers?: Record<string, string>, body?: string, shownBody?: unknown }} request
 */
export async function send(request) {
  const sent = {
    method: request.method,
    url: request.url,
    headers: request.headers ?? {},
    body: request.shownBody,
  };
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: sent.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
    });
    const text = await response.text();
    const headers = Object.fromEntries(
      shownHeaders.flatMap((name) =>
        response.headers.has(name) ? [[name, response.headers.get(name)]] : [],
      ),
    );
    const { status, statusText } = response;
    return { request: sent, response: { status, statusText, headers, text, json: parse(text) }, error: null };
  } catch (error) {
    const reason = `The request got no answer (${error.message}). Is the demo still running?`;
    return { request: sent, response: null, error: reason };
  }
}

/** A parameter of a challenge: `parameter('Bearer a="b"', "a")` is `b`. */
export function parameter(challenge, name) {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(challenge ?? "")?.[1];
}

/** Header and payload of a JWT, for reading only: nothing is verified here. Undefined when it is none. */
export function decodeJwt(token) {
  const part = (text) => {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
      character.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes));
  };
  try {
    const [header, payload] = token.split(".");
    return { header: part(header), payload: part(payload) };
  } catch {
    return undefined;
  }
}
