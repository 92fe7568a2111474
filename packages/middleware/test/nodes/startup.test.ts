/** The start of an instance: what is tried again, what is given up, and what is told of it. */
import { describe, expect, test } from "@jest/globals";
import { StoreUnavailable } from "../../src/ports.js";
import { startUp } from "../../src/system/startup.js";
import { closeAfterTest } from "../support/stages.js";

const away = () => new StoreUnavailable("The database is away.");

/** A start whose tries end as given, in turn, and then well. */
function starting(...failures: Error[]) {
  const lines: string[] = [];
  const log = (level: string) => (_fields: object, message: string) => lines.push(`${level}: ${message}`);
  const logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
  const startup = startUp(async () => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
  }, logger);
  closeAfterTest(() => startup.stop());
  return { startup, lines, left: failures };
}
const waits = "warn: agentAuth waits for its database";

describe("a start", () => {
  test("that goes well says nothing", async () => {
    const { startup, lines } = starting();
    await startup.ready();
    await startup.reached();
    expect(lines).toEqual([]);
  });

  test("is tried again while the database is away, of which nobody who asks meanwhile waits for the end", async () => {
    const { startup, lines } = starting(away(), away());
    await expect(startup.reached()).rejects.toThrow("The database is away.");
    await startup.ready();
    await startup.reached();
    expect(lines).toEqual([waits, "info: the database is there now"]);
  });

  test("is given up on anything else, also after a while, and stays so", async () => {
    const { startup, lines, left } = starting(away(), new Error("The secret is wrong."), away());
    for (let time = 0; time < 2; time += 1) {
      await expect(startup.ready()).rejects.toThrow("The secret is wrong.");
      await expect(startup.reached()).rejects.toThrow("The secret is wrong.");
    }
    expect(lines).toEqual([waits, "error: agentAuth cannot start"]);
    expect(left).toHaveLength(1);
  });

  test("that is stopped is not tried again, and whoever waits is told", async () => {
    const { startup, lines, left } = starting(away(), away());
    const waiting = startup.ready();
    await expect(startup.reached()).rejects.toThrow();
    await startup.stop();
    await expect(waiting).rejects.toThrow("closed before its database was there");
    expect(lines).toEqual([waits]);
    expect(left).toHaveLength(1);
  });
});
