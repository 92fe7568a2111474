/** Whoever asks for events to be told while a run of that ends is not sent away with what that run has told. */
import { expect, test } from "@jest/globals";
import { EventAnnouncer } from "../../src/flows/announce-events.js";
import { openSqlite } from "../../src/storage/sqlite/open.js";
import { anAuditEvent, aProvider } from "../../src/testing/builders.js";
import { closeAfterTest } from "../support/stages.js";

const now = 1_800_000_000;
const logger = { debug() {}, info() {}, warn() {}, error() {} };

test("whenever it is asked, what was committed before is told when it settles", async () => {
  const store = openSqlite({ path: ":memory:", durability: "balanced" });
  closeAfterTest(() => store.close());
  const announcer = new EventAnnouncer({ store, clock: { now: () => now }, logger });
  let heard = 0;
  announcer.on("provider.disabled", () => {
    heard += 1;
  });
  const provider = aProvider();
  await store.saveProvider({ provider, seen: null, now, audit: [] });
  let disabled = false;
  /** Written when this returns: nothing else happens meanwhile. */
  const commit = () => {
    disabled = !disabled;
    const audit = [anAuditEvent({ type: "provider.disabled", at: now })];
    return store.setProviderDisabled({ issuer: provider.issuer, disabled, now, audit, entry: null });
  };
  for (let moments = 0; moments < 60; moments += 1) {
    void commit();
    const first = announcer.announce();
    // One step of the engine after the other, so that one of these meets the end of the first run.
    for (let moment = 0; moment < moments; moment += 1) await null;
    void commit();
    await announcer.announce();
    expect([moments, heard]).toEqual([moments, 2 * (moments + 1)]);
    await first;
  }
});
