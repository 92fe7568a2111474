/**
 * Hostile requests on the pages of the provider: no failure, no hang, no reflection, and nothing done for somebody who
 * never sent a form. Most are forms of the pages with a valid token, so that what is behind the guard is reached. The seed is printed:
 * `FUZZ_SEED` runs it again, `FUZZ_REQUESTS` says how many.
 */
import { randomInt } from "node:crypto";
import { expect, test } from "@jest/globals";
import express from "express";
import supertest from "supertest";
import { attack, inAll } from "../../../admin/test/hostile/attack.js";
import { Dice } from "../../../admin/test/hostile/dice.js";
import { FormBrowser, type FormField, type GoodForm, namesOf } from "../../../admin/test/hostile/forms.js";
import { heapUsed } from "../../../admin/test/hostile/heap.js";
import { anyText, wellFormed } from "../../../admin/test/hostile/ingredients.js";
import { hostileSubmission, type Stock } from "../../../admin/test/hostile/submissions.js";
import { type HostileRequest, listen } from "../../../admin/test/hostile/wire.js";
import { routes } from "../../src/http/router.js";
import { paths } from "../../src/protocol/metadata.js";
import { clientId, service, type World, world } from "../support/world.js";

const count = Number(process.env.FUZZ_REQUESTS ?? 1500);
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

type Requests = ReturnType<typeof supertest>;
/** After some wrong passwords an account is closed for a while, so there are many that only sign in. */
const people = ["alice", "bob", ...Array.from({ length: 40 }, (_, number) => `guest${number}`)];
const users = people.map((name) => ({
  ...{ id: `user_${name}`, email: `${name}@example.com`, emailVerified: true },
  ...{ password: `${name}-demo`, name },
}));
const pages = routes.flatMap(({ method, place, audience }) =>
  method === "GET" && audience !== "public" && place in paths ? [paths[place as keyof typeof paths]] : [],
);
const doorsOfPages = routes.flatMap(({ method, place, audience }) =>
  method === "POST" && audience !== "public" ? [paths[place as keyof typeof paths]] : [],
);

async function signedIn(agent: Requests, name: string): Promise<FormBrowser> {
  const browser = new FormBrowser(agent);
  for (const form of await browser.forms(paths.signIn))
    await browser.send(form, { email: `${name}@example.com`, password: `${name}-demo` });
  return browser;
}

/** An agent waits for this code to be typed. */
async function waitingCode(agent: Requests): Promise<string> {
  const { body } = await agent.post(paths.deviceAuthorization).type("form").send({ client_id: clientId });
  return body.user_code;
}

/** The form of the sign-in page with what each of the guests would type. */
async function signInForms(agent: Requests): Promise<GoodForm[]> {
  const forms: GoodForm[] = [];
  for (const { email, password } of users.slice(2))
    for (const form of await new FormBrowser(agent).forms(paths.signIn)) {
      const typed: Record<string, string> = { email, password };
      const filled = ({ name, values }: FormField) => [typed[name] ?? values[0] ?? ""];
      forms.push({ ...form, fields: form.fields.map((field) => ({ ...field, values: filled(field) })) });
    }
  return forms;
}

/** The forms of every page for somebody who is signed in, by where they go. */
async function formsOfPages(agent: Requests, name: string): Promise<Map<string, GoodForm[]>> {
  const browser = await signedIn(agent, name);
  const consent = `${paths.consent}?audience=${encodeURIComponent(service)}`;
  const [once] = await browser.forms(consent);
  await browser.send(once as GoodForm, { decision: "always" });
  const found = [
    ...(await signInForms(agent)),
    ...(await browser.forms(consent)),
    ...(await browser.forms(paths.delegations)),
    ...(await browser.forms(paths.device)),
    // Whoever signs out has no session left for the other forms.
    ...(await (await signedIn(agent, name)).forms(paths.signOut)),
  ];
  for (let waiting = 0; waiting < 8; waiting += 1)
    found.push(...(await browser.forms(`${paths.device}?user_code=${await waitingCode(agent)}`)));
  const doors = new Map<string, GoodForm[]>();
  for (const form of found) doors.set(form.action, [...(doors.get(form.action) ?? []), form]);
  return doors;
}

function submitted(dice: Dice, stock: Stock): HostileRequest {
  const { action, headers, body, ...submission } = hostileSubmission(dice, stock);
  const type = { "content-type": "application/x-www-form-urlencoded" };
  return {
    method: "POST",
    path: action,
    headers: { ...headers, ...type },
    body: Buffer.from(body),
    submission,
  };
}

/** The form of somebody else, without its token. */
function forged(dice: Dice, stock: Stock): HostileRequest {
  const { submission: _submission, body, ...request } = submitted(dice, stock);
  const text = (body ?? "").toString();
  return {
    ...request,
    body: Buffer.from(text.replace(/(csrf=[^&]*)[^&](?=&|$)/, dice.pick(["$1", "$1!", ""]))),
  };
}

/** A page with any query, as somebody who is signed in sees it or as a stranger does. */
function looked(dice: Dice, { names, doors }: Stock): HostileRequest {
  const query = Array.from({ length: 1 + dice.below(3) }, () => {
    const value = encodeURIComponent(wellFormed(anyText(dice, [])).slice(0, 3000));
    return `${dice.pick(names)}=${dice.once(12) ? value.replaceAll("%", "%u") : value}`;
  });
  const headers = dice.once(3) ? {} : (doors.get(paths.consent)?.[0]?.headers ?? {});
  const method = dice.pick(["GET", "GET", "GET", "HEAD", "PUT", "OPTIONS"]);
  return { method, path: `${dice.pick(pages)}?${query.join("&")}`, headers, body: null };
}

const namesOfPages = async (agent: Requests) => {
  const browser = await signedIn(agent, "alice");
  const shown = await Promise.all(pages.map((page) => browser.get(page)));
  return [
    ...new Set([...shown.flatMap(namesOf), "return_to", "audience", "user_code", "decision", "answer"]),
  ];
};

const failuresOf = ({ logs }: World) => logs.filter(({ level }) => level === "error");

test(
  `${count} hostile requests on the pages with seed ${seed}`,
  async () => {
    process.stdout.write(`hostile requests on the provider: ${count}, seed ${seed}\n`);
    const stage = await world({ users });
    const app = express().use(stage.provider);
    const wire = await listen(app);
    try {
      const agent = supertest(app);
      const fieldNames = await namesOfPages(agent);
      const own: Stock = { doors: await formsOfPages(agent, "alice"), names: fieldNames, known: [] };
      const victims: Stock = { doors: await formsOfPages(agent, "bob"), names: fieldNames, known: [] };
      const bob = await signedIn(agent, "bob");
      const before = await bob.get(paths.delegations);
      expect(before).toContain(service);
      const dice = new Dice(seed);
      const next = () => {
        if (dice.once(4)) return looked(dice, own);
        return dice.once(4) ? forged(dice, victims) : submitted(dice, own);
      };

      const first = await attack(wire, count / 4, next, []);
      const early = heapUsed();
      const { problems, statuses, passed } = inAll([first, await attack(wire, (count * 3) / 4, next, [])]);
      expect(problems.slice(0, 5)).toEqual([]);
      expect(heapUsed() / early).toBeLessThan(1.5);
      expect(statuses.get(200) ?? 0).toBeGreaterThan(count / 50);
      // The forms got behind the guard often enough to mean something.
      expect([...passed.values()].reduce((sum, one) => sum + one, 0)).toBeGreaterThan(count / 10);
      expect(doorsOfPages.filter((door) => !passed.has(door))).toEqual([]);
      expect(failuresOf(stage)).toEqual([]);
      expect(await bob.get(paths.delegations)).toBe(before);
    } finally {
      await wire.close();
      await stage.close();
    }
  },
  Math.max(120_000, count * 60),
);
