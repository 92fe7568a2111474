/** Owns sending many hostile requests side by side, and noting what is wrong with the answers. */
import { findingsOf } from "./findings.js";
import type { HostileRequest, Wire } from "./wire.js";

/** Sent side by side. */
const abreast = 8;
/** What is behind the guard of forms answers so, to a form that went where it should: the guard itself answers 403. */
const behind = new Set([200, 303, 400, 401, 404, 409, 422]);

export interface Attack {
  problems: string[];
  statuses: Map<number, number>;
  /** How many requests got past the guard of forms, by door. */
  passed: Map<string, number>;
}

function describeRequest({ method, path, headers, body }: HostileRequest): string {
  const shown = body === null ? "" : `\n${body.subarray(0, 600).toString("utf8")}`;
  return `${method} ${path.slice(0, 400)}\n${JSON.stringify(headers).slice(0, 600)}${shown}`;
}

/** The server may close on a body that is too long before the client has sent all of it. */
const wasCutOff = ({ body }: HostileRequest, { code }: { code?: string }): boolean =>
  body !== null && body.length > 60_000 && /EPIPE|ECONNRESET/.test(code ?? "");

const addOne = <Key>(counts: Map<Key, number>, key: Key) => counts.set(key, (counts.get(key) ?? 0) + 1);

/** Sends so many requests. `agentPaths` are endpoints that answer with JSON or nothing. */
export async function attack(
  wire: Wire,
  times: number,
  next: () => HostileRequest,
  agentPaths: readonly string[],
): Promise<Attack> {
  const seen: Attack = { problems: [], statuses: new Map(), passed: new Map() };
  const run = async () => {
    for (let left = Math.ceil(times / abreast); left > 0; left -= 1) {
      const request = next();
      const answer = await wire.send(request).catch((error: Error & { code?: string }) => error);
      if (answer instanceof Error) {
        if (!wasCutOff(request, answer)) seen.problems.push(`${answer.message}\n${describeRequest(request)}`);
        continue;
      }
      addOne(seen.statuses, answer.status);
      const { submission } = request;
      if (submission?.isWhole && behind.has(answer.status)) addOne(seen.passed, submission.door);
      const findings = findingsOf(request, answer, agentPaths);
      if (findings.length > 0)
        seen.problems.push(
          `${findings.join(", ")}\n${describeRequest(request)}\n-> ${answer.body.slice(0, 300)}`,
        );
    }
  };
  await Promise.all(Array.from({ length: abreast }, run));
  return seen;
}

/** What all of them have seen. */
export function inAll(attacks: readonly Attack[]): Attack {
  const sum = <Key>(counts: readonly Map<Key, number>[]) => {
    const all = new Map<Key, number>();
    for (const [key, count] of counts.flatMap((one) => [...one])) all.set(key, (all.get(key) ?? 0) + count);
    return all;
  };
  return {
    problems: attacks.flatMap(({ problems }) => problems),
    statuses: sum(attacks.map(({ statuses }) => statuses)),
    passed: sum(attacks.map(({ passed }) => passed)),
  };
}
