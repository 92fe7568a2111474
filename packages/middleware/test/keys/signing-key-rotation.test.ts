/**
 * Rotating signing keys while agents register, refresh and exchange, on two instances with one database: no exchange
 * fails, the JWKS of either always has the key, and a retired one leaves it only after its last assertion.
 */
import { describe, expect, test } from "@jest/globals";
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from "jose";
import { claimedAgent, type Holding, refreshed } from "../http/refreshing-agent.js";
import { type DatabaseStage, databaseStage, stage } from "../support/stages.js";
import { exchange, register, type World } from "../support/world.js";

const cachePeriod = 300;
const assertionSeconds = 3600;
const marginSeconds = 600;

interface Pair {
  first: DatabaseStage;
  second: World;
  both: World[];
  advance(seconds: number): void;
}

/** Two instances whose clocks go together, the second somewhat behind. */
async function pair(): Promise<Pair> {
  const first = await databaseStage();
  const second = await stage({ options: { storage: first.database.storage } });
  second.clock.advance(-3);
  const both = [first, second];
  return {
    first,
    second,
    both,
    advance: (seconds) => {
      for (const { clock } of both) clock.advance(seconds);
    },
  };
}

const jwks = async ({ agent }: World): Promise<JSONWebKeySet> =>
  JSON.parse((await agent.get("/.well-known/jwks.json")).text);
const kidOf = (assertion: string): string =>
  JSON.parse(Buffer.from(assertion.split(".")[0] ?? "", "base64url").toString()).kid;
const kidsOf = async (world: World) => (await jwks(world)).keys.map(({ kid }) => kid);

/** Whoever fetches the keys now can verify the assertion, with a library that is not ours. */
async function expectVerifiable(world: World, assertion: string): Promise<void> {
  await expect(compactVerify(assertion, createLocalJWKSet(await jwks(world)))).resolves.toBeDefined();
}

describe("under load", () => {
  test("no exchange fails, on either instance, through two rotations and a clock that goes on", async () => {
    const { first, second, both, advance } = await pair();
    const holdings: Holding[] = await Promise.all(both.map((world) => claimedAgent(world)));
    const kids = new Set<string>();
    let exchanges = 0;
    /** One agent's round at one instance: a new assertion, and its exchange at the other. */
    const round = async (index: number): Promise<void> => {
      const here = both[index % 2] as World;
      const there = both[(index + 1) % 2] as World;
      const holding = await refreshed(here, (holdings[index] as Holding).refreshToken);
      holdings[index] = holding;
      kids.add(kidOf(holding.assertion));
      for (const world of [here, there]) {
        const { status, body } = await exchange(world, holding.assertion);
        expect([status, body.error]).toEqual([200, undefined]);
        await expectVerifiable(world, holding.assertion);
        exchanges += 1;
      }
    };
    for (const [rotating, steps] of [
      [first, 14],
      [second, 14],
    ] as const) {
      // Beside the load, not between its rounds.
      let rotation: Promise<unknown> = Promise.resolve();
      for (let step = 0; step < steps; step += 1) {
        if (step === 2) rotation = rotating.auth.rotateKeys();
        const newcomers = both.map(async (world) => {
          const { body } = await register.anonymous(world);
          kids.add(kidOf(body.identity_assertion));
          expect((await exchange(world, body.identity_assertion)).status).toBe(200);
        });
        await Promise.all([round(0), round(1), rotation, ...newcomers]);
        advance(31);
      }
    }
    expect(exchanges).toBe(112);
    // Three keys have signed, so the rotations really took over while this ran.
    expect(kids.size).toBe(3);
  });

  test("twenty rotations at once on two instances leave one newest key, and every exchange good", async () => {
    const { first, second, both, advance } = await pair();
    const { body } = await register.anonymous(first);
    const work = [
      ...Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? first : second).auth.rotateKeys()),
      ...Array.from({ length: 20 }, async (_, index) => {
        const { status } = await exchange(both[index % 2] as World, body.identity_assertion);
        expect(status).toBe(200);
      }),
    ];
    await Promise.all(work);
    for (let step = 0; step < 12; step += 1) {
      advance(30);
      const made = await Promise.all(both.map((world) => register.anonymous(world)));
      for (const [index, response] of made.entries()) {
        const assertion = response.body.identity_assertion;
        expect((await exchange(both[1 - index] as World, assertion)).status).toBe(200);
        for (const world of both) await expectVerifiable(world, assertion);
      }
    }
    const rows = await first.database.rows("signing_keys");
    expect(rows.filter((row) => row.retired_at === null)).toHaveLength(1);
  });
});

describe("a key", () => {
  test("is published one cache period before it signs", async () => {
    const { first, both, advance } = await pair();
    const [old] = await kidsOf(first);
    const { kid } = await first.auth.rotateKeys();
    // Either looks once a minute, by its own clock.
    advance(63);
    for (const world of both) expect(await kidsOf(world)).toEqual([kid, old]);
    advance(cachePeriod - 64);
    for (const world of both)
      expect(kidOf((await register.anonymous(world)).body.identity_assertion)).toBe(old);
    advance(4);
    for (const world of both)
      expect(kidOf((await register.anonymous(world)).body.identity_assertion)).toBe(kid);
  });

  test("that is retired stays published until its last assertion has expired, and is gone soon after", async () => {
    const host = await databaseStage();
    const [old] = await kidsOf(host);
    const { kid } = await host.auth.rotateKeys();
    host.clock.advance(cachePeriod - 1);
    const { identity_assertion: last } = (await register.anonymous(host)).body;
    expect(kidOf(last)).toBe(old);
    host.clock.advance(assertionSeconds - 1);
    await host.auth.sweep();
    expect((await exchange(host, last)).status).toBe(200);
    await expectVerifiable(host, last);

    host.clock.advance(1);
    await host.auth.sweep();
    expect((await exchange(host, last)).body.error).toBe("invalid_grant");
    expect(await kidsOf(host)).toEqual([kid, old]);

    host.clock.advance(marginSeconds);
    await host.auth.sweep();
    expect(await kidsOf(host)).toEqual([kid, old]);
    host.clock.advance(2);
    await host.auth.sweep();
    host.clock.advance(60);
    expect(await kidsOf(host)).toEqual([kid]);
  });
});
