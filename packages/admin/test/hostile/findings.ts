/** Owns what no answer may be, whatever was asked. */
import type { Answer, HostileRequest } from "./wire.js";

const stackTrace =
  /\bat [\w.<>[\] ]+ ?\(?(?:file:|node:|\/)[^\s)]*:\d+:\d+|node_modules|SQLITE_|SqliteError|TypeError/;
/** The marker as a browser would act on it. */
const live = /<img src=x onerror=zq7Xw9p>|<script>zq7Xw9p/;
const statuses = new Set([
  200, 202, 204, 302, 303, 304, 400, 401, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 422, 429, 431,
]);

/** A file that no browser shows as a page may hold what was sent as it was sent. */
const isFile = (headers: Answer["headers"]): boolean =>
  /^attachment/.test(headers["content-disposition"] ?? "") &&
  headers["x-content-type-options"] === "nosniff" &&
  /^(text\/csv|application\/x-ndjson)/.test(headers["content-type"] ?? "");

/** Everything that is wrong with an answer. `agentPaths` answer with JSON or nothing. */
export function findingsOf(
  request: HostileRequest,
  { status, headers, body }: Answer,
  agentPaths: readonly string[],
): string[] {
  const findings: string[] = [];
  const path = request.path.split("?")[0] as string;
  const type = headers["content-type"] ?? "";
  if (!statuses.has(status)) findings.push(`status ${status}`);
  if (stackTrace.test(body)) findings.push("tells of its insides");
  if (live.test(body) && !isFile(headers)) findings.push("reflects what was sent");
  for (const [name, value] of Object.entries(headers))
    if (String(value).includes("zq7Xw9p") && name !== "location") findings.push(`reflects in ${name}`);
  if (headers["set-cookie"]?.some((line) => line.includes("zq7Xw9p"))) findings.push("sets a cookie of ours");
  // Ours, or the host's login with where to come back to as a parameter.
  if (headers.location !== undefined && !/^\/(?![/\\])/.test(headers.location))
    findings.push(`leads to ${headers.location}`);
  if (agentPaths.includes(path)) {
    if (/html/i.test(type)) findings.push(`answers an agent with ${type}`);
    if (body !== "" && /^application\/json/.test(type)) {
      try {
        JSON.parse(body);
      } catch {
        findings.push("is no JSON");
      }
    }
    if (body.includes("zq7Xw9p")) findings.push("repeats what was sent");
    if (status === 401 && headers["www-authenticate"] === undefined)
      findings.push("refuses without a challenge");
    if (status >= 400 && body !== "" && !/"(error|err)":"[a-z_]+"/.test(body))
      findings.push("names no error");
  }
  return findings;
}
