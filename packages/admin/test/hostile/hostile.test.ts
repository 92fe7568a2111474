/**
 * Thousands of hostile requests on every endpoint and every page of one host: no failure, no hang, no reflection, nothing
 * let in. A quarter of them are forms of ours with a valid token, from operators and from a person, so that what is
 * behind the guard of forms is reached as well. A bounded share runs with all tests;
 * `npm run fuzz -- --requests 20000 --seed 7` runs as many as it is told.
 * The seed is printed: with it, a run that found something is run again.
 */
import { randomInt } from "node:crypto";
import { expect, test } from "@jest/globals";
import { routes } from "../../src/router.js";
import { anonymousAgent, callApi, claimedAgent, people } from "../support/stage.js";
import { type Attack, attack, inAll } from "./attack.js";
import { dashboardForms, deskHeader } from "./dashboard-forms.js";
import { Dice } from "./dice.js";
import { FormBrowser } from "./forms.js";
import { heapUsed } from "./heap.js";
import { carla, dora, host, personHeader, populate, stolenSecrets } from "./host.js";
import { formsWithoutLogin, mailedForms, signedInForms } from "./person-forms.js";
import { watchPowers } from "./powers.js";
import { agentPaths, hostileRequest, type Loot, submitted } from "./requests.js";
import type { Stock } from "./submissions.js";
import { listen } from "./wire.js";

const count = Number(process.env.FUZZ_REQUESTS ?? 4000);
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

const sumOf = (counts: Iterable<number>) => [...counts].reduce((sum, one) => sum + one, 0);
/** How many requests a run must have for every door to be drawn often enough. */
const isLong = count >= 2000;

const patience = Math.max(120_000, count * 60);

test(
  `${count} hostile requests with seed ${seed}`,
  async () => {
    process.stdout.write(`hostile requests: ${count}, seed ${seed}\n`);
    const on = await host({ hasLogin: true });
    const wire = await listen(on.app);
    try {
      const relied = [await claimedAgent(on, "alice"), await anonymousAgent(on)];
      const known = await stolenSecrets(on);
      await populate(on);
      const spared = relied.map(({ id }) => id);
      const [person, victim] = ["carla", "dora"].map(
        (name) => new FormBrowser(on.agent, { [personHeader]: name }),
      ) as [FormBrowser, FormBrowser];
      const victims = { doors: await signedInForms(on, victim, dora.email), names: ["registration"], known };
      const powers = await watchPowers(on.auth);
      const dice = new Dice(seed);
      const lootNow = async (): Promise<Loot> => {
        // One that has a token for certain.
        const { id } = await anonymousAgent(on);
        const { doors, names, pages } = await dashboardForms(on, { first: id, spared });
        const own = await signedInForms(on, person, carla.email);
        const mailed = await mailedForms(on, on.mails.slice(-20));
        const dashboard: Stock = { doors, names, known };
        const people: Stock = { doors: new Map([...own, ...mailed]), names, known };
        const operator = { [deskHeader]: "admin" };
        return { known, names, stocks: [dashboard, dashboard, people], victims, pages, operator };
      };
      const run = async (times: number): Promise<Attack> => {
        const loot = await lootNow();
        return attack(wire, times, () => hostileRequest(dice, loot), agentPaths);
      };

      const first = await run(count / 4);
      const early = heapUsed();
      const { problems, statuses, passed } = inAll([first, await run(count / 4), await run(count / 2)]);
      expect(problems.slice(0, 5)).toEqual([]);
      // Flat: caches are bounded and full by now, and the rows are not in this heap.
      expect(heapUsed() / early).toBeLessThan(1.5);
      // The run got behind the doors often enough to mean something.
      expect(statuses.get(200) ?? 0).toBeGreaterThan(count / 50);
      expect(sumOf(passed.values())).toBeGreaterThan(count / 20);
      const doors = routes.flatMap(({ method, path }) => (method === "POST" ? [path] : []));
      if (isLong) expect([...doors, "claim", "connected"].filter((door) => !passed.has(door))).toEqual([]);

      expect(on.failures).toEqual([]);
      const { misused, used } = await powers();
      expect(misused).toEqual([]);
      if (isLong) expect(used).toBeGreaterThan(count / 200);
      for (const { token } of relied) expect((await callApi(on, token)).status).toBe(200);
      const fresh = await claimedAgent(on, "alice");
      expect((await callApi(on, fresh.token)).status).toBe(200);
      expect((await on.auth.registrationsOf(people.alice?.id as string)).length).toBe(2);
    } finally {
      await wire.close();
      await on.close();
    }
  },
  patience,
);

test(
  `${Math.ceil(count / 10)} hostile forms of people without a login, with seed ${seed}`,
  async () => {
    const on = await host({ hasLogin: false });
    const wire = await listen(on.app);
    try {
      const doors = await formsWithoutLogin(on, carla.email);
      const stock: Stock = { doors, names: ["claim_attempt_token", "manage", "sent", "resent"], known: [] };
      const powers = await watchPowers(on.auth);
      const dice = new Dice(seed);
      const next = () => submitted(dice, [stock]);
      const { problems, passed } = await attack(wire, count / 10, next, agentPaths);
      expect(problems.slice(0, 5)).toEqual([]);
      const all = ["claim_attempt_token", "not_me", "manage", "proven", "check_mail", "send_link"];
      expect([...doors.keys()].sort()).toEqual([...all].sort());
      expect(sumOf(passed.values())).toBeGreaterThan(count / 50);
      if (isLong) expect(all.filter((door) => !passed.has(door))).toEqual([]);
      expect(on.failures).toEqual([]);
      expect(await powers()).toEqual({ misused: [], used: 0 });
      const { body } = await on.agent.get("/.well-known/oauth-protected-resource").expect(200);
      expect(body.resource_name).toBe("Example Notes");
    } finally {
      await wire.close();
      await on.close();
    }
  },
  patience,
);
