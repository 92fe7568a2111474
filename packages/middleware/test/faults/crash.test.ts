/**
 * `kill -9` at random moments under load, again and again: what was acknowledged is true after the restart, and nothing
 * that may be used once works twice. `CRASH_ROUNDS` says how often; the soak test asks for many.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { testIssuer } from "../support/issuer.js";
import { closeAfterTest } from "../support/stages.js";
import { startHost } from "./host-process.js";
import { Ledger } from "./ledger.js";

const rounds = Number(process.env.CRASH_ROUNDS ?? 4);
const workers = 6;
/** A round is over after that many acknowledged steps, and a few more or less. */
const stepsPerRound = 40;

test(
  `${rounds} crashes under load lose nothing that was acknowledged`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "agent-auth-crash-"));
    closeAfterTest(async () => rmSync(folder, { recursive: true }));
    const file = join(folder, "crash.db");
    const provider = await testIssuer({ now: () => Math.floor(Date.now() / 1000) });
    const counts = new Map<string, number>();

    for (let round = 0; round < rounds; round += 1) {
      const ledger = new Ledger();
      const host = await startHost(file, provider.issuer);
      const end = stepsPerRound / 2 + Math.floor(Math.random() * stepsPerRound);
      let isKilled = false;
      const work = async (worker: number) => {
        for (let turn = worker; !isKilled; turn += 1) {
          try {
            if (turn % 5 === 0) await ledger.register(host.origin);
            else if (turn % 5 === 1) await ledger.revoke(host.origin, "registration");
            else if (turn % 5 === 2) await ledger.revoke(host.origin, "token");
            else if (turn % 5 === 3) await ledger.claim(host.origin);
            else await ledger.present(host.origin, provider.mint({ claims: { sub: randomUUID() } }));
          } catch (error) {
            // Cut off by the crash: nothing was acknowledged. Before it, whatever fails is a failure.
            if (!isKilled) throw error;
          }
          if (ledger.entries.length >= end && !isKilled) {
            isKilled = true;
            // In the middle of what the other workers are doing.
            await host.kill();
          }
        }
      };
      await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
      await host.kill();
      expect(host.errors()).toBe("");

      const restarted = await startHost(file, provider.issuer);
      for (const { what, holds } of ledger.entries) {
        await holds(restarted.origin).catch((error: Error) => {
          throw new Error(`after crash ${round + 1}: ${what}: ${error.message}`);
        });
        counts.set(what, (counts.get(what) ?? 0) + 1);
      }
      await restarted.kill();
    }
    const seen = [...counts.keys()].sort();
    expect(seen).toEqual(
      ["approved claim", "delivered token", "refreshed token", "registration", "revoked registration"].concat(
        ["revoked token", "token", "used ID-JAG"],
      ),
    );
  },
  60_000 + rounds * 20_000,
);
