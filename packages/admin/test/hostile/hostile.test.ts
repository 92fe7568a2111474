/**
 * Thousands of hostile requests on every endpoint and every page of one host: no failure, no hang, no reflection, nothing
 * let in. A bounded share runs with all tests; `npm run fuzz -- --requests 20000 --seed 7` runs as many as it is told.
 * The seed is printed: with it, a run that found something is run again.
 */
import { randomInt } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "@jest/globals";
import { anonymousAgent, callApi, claimedAgent, people, type Stage, stage } from "../support/stage.js";
import { Dice } from "./dice.js";
import { findingsOf } from "./findings.js";
import { type HostileRequest, hostileRequest } from "./requests.js";
import { listen } from "./wire.js";

const count = Number(process.env.FUZZ_REQUESTS ?? 4000);
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
/** Sent side by side. */
const abreast = 8;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Secrets that work, of agents nobody relies on: what a thief would have. */
async function stolenSecrets(on: Stage): Promise<string[]> {
  const [anonymous, claimed] = [await anonymousAgent(on), await claimedAgent(on, "bob")];
  const registered = await on.agent.post("/agent/identity").send({ type: "anonymous" }).expect(200);
  const pending = await on.agent
    .post("/agent/identity")
    .send({ type: "service_auth", login_hint: "bob@example.com" })
    .expect(200);
  const link = new URL(pending.body.claim.verification_uri);
  return [
    ...[anonymous.id, anonymous.token, claimed.id, claimed.token],
    ...[registered.body.identity_assertion, registered.body.claim_token],
    ...[pending.body.claim_token, link.searchParams.get("claim_attempt_token") as string],
  ];
}

/** How many audit events there are of what only a person or an operator may do. */
async function powerUsed(on: Stage): Promise<Record<string, number>> {
  const { queries } = on.auth.admin;
  const entries = ["claim.confirmed", "registration.suspended", "provider.added", "key.rotated"].map(
    async (type) => {
      const page = await queries?.pageAudit({ type: type as never }, { after: null, limit: 100 });
      return [type, page?.rows.length ?? -1] as const;
    },
  );
  return Object.fromEntries(await Promise.all(entries));
}

function describeRequest({ method, path, headers, body }: HostileRequest): string {
  const shown = body === null ? "" : `\n${body.subarray(0, 600).toString("utf8")}`;
  return `${method} ${path.slice(0, 400)}\n${JSON.stringify(headers).slice(0, 600)}${shown}`;
}

test(
  `${count} hostile requests with seed ${seed}`,
  async () => {
    process.stdout.write(`hostile requests: ${count}, seed ${seed}\n`);
    const on = await stage({
      options: { trustedProviders: [] },
      admin: { loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}` },
    });
    const wire = await listen(on.app);
    try {
      const relied = [await claimedAgent(on, "alice"), await anonymousAgent(on)];
      const known = await stolenSecrets(on);
      const power = await powerUsed(on);
      const dice = new Dice(seed);
      const problems: string[] = [];
      const statuses = new Map<number, number>();
      const attack = async (times: number) => {
        const run = async () => {
          for (let left = Math.ceil(times / abreast); left > 0; left -= 1) {
            const request = hostileRequest(dice, known);
            const answer = await wire.send(request).catch((error: Error & { code?: string }) => error);
            if (answer instanceof Error) {
              // The server may close on a body that is too long before the client has sent all of it.
              if (
                !(
                  request.body !== null &&
                  request.body.length > 60_000 &&
                  /EPIPE|ECONNRESET/.test(answer.code ?? "")
                )
              )
                problems.push(`${answer.message}\n${describeRequest(request)}`);
              continue;
            }
            statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
            const findings = findingsOf(request, answer);
            if (findings.length > 0)
              problems.push(
                `${findings.join(", ")}\n${describeRequest(request)}\n-> ${answer.body.slice(0, 300)}`,
              );
          }
        };
        await Promise.all(Array.from({ length: abreast }, run));
      };

      await attack(count / 4);
      const early = heapUsed();
      await attack((count * 3) / 4);
      expect(problems.slice(0, 5)).toEqual([]);
      // Flat: caches are bounded and full by now, and the rows are not in this heap.
      expect(heapUsed() / early).toBeLessThan(1.5);
      // The run got behind the door often enough to mean something.
      expect(statuses.get(200) ?? 0).toBeGreaterThan(count / 50);

      expect(on.failures).toEqual([]);
      expect(await powerUsed(on)).toEqual(power);
      for (const { token } of relied) expect((await callApi(on, token)).status).toBe(200);
      const fresh = await claimedAgent(on, "alice");
      expect((await callApi(on, fresh.token)).status).toBe(200);
      expect((await on.auth.registrationsOf(people.alice?.id as string)).length).toBe(2);
    } finally {
      await wire.close();
      await on.close();
    }
  },
  Math.max(120_000, count * 60),
);
