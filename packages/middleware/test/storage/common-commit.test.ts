/** Writes in common: one commit for a turn, and each stands or falls alone. */
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { CommonCommit } from "../../src/storage/sqlite/common-commit.js";
import { openSqlite } from "../../src/storage/sqlite/open.js";
import { anAuditEvent, aRegistration } from "../../src/testing/builders.js";
import { closeAfterTest, temporaryFolder } from "../support/stages.js";

/** A list that a transaction which throws leaves as it was, and how many transactions were begun. */
function ledger(isHopeless: (error: unknown) => boolean = () => false) {
  let [written, begun]: [number[], number] = [[], 0];
  const commits = new CommonCommit((work) => {
    begun += 1;
    const before = [...written];
    try {
      work();
    } catch (error) {
      written = before;
      throw error;
    }
  }, isHopeless);
  return { commits, write: (number: number) => void written.push(number), state: () => ({ written, begun }) };
}

describe("what is asked for in one turn", () => {
  test("is committed at once, in the order it was asked for, and nobody is answered before", async () => {
    const { commits, write, state } = ledger();
    const asked = [1, 2, 3].map((number) => commits.add(() => write(number)));
    expect(state()).toEqual({ written: [], begun: 0 });
    await Promise.all(asked);
    expect(state()).toEqual({ written: [1, 2, 3], begun: 1 });
  });

  test("fails alone, and the others are written once", async () => {
    const { commits, write, state } = ledger();
    const failing = (number: number) => {
      write(number);
      throw new RangeError(`number ${number}`);
    };
    const answers = await Promise.allSettled(
      [1, 2, 3, 4, 5].map((number) =>
        commits.add(() => {
          if (number % 2 === 0) failing(number);
          write(number);
          return number;
        }),
      ),
    );
    expect(answers.map((answer) => ("value" in answer ? answer.value : answer.reason.message))).toEqual([
      1,
      "number 2",
      3,
      "number 4",
      5,
    ]);
    expect(state().written).toEqual([1, 3, 5]);
  });

  test("fails as a whole, and is not tried again, when nothing can be committed", async () => {
    const { commits, write, state } = ledger((error) => error instanceof RangeError);
    const answers = await Promise.allSettled(
      [1, 2, 3].map((number) =>
        commits.add(() => {
          if (number === 2) throw new RangeError("the disk is full");
          write(number);
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(state()).toEqual({ written: [], begun: 1 });
    await commits.add(() => write(4));
    expect(state()).toEqual({ written: [4], begun: 2 });
  });
});

test("twenty registrations in one turn, three of them with an id that is taken: seventeen are there, whole", async () => {
  const store = openSqlite({ path: join(temporaryFolder(), "agent-auth.db"), durability: "balanced" });
  closeAfterTest(() => store.close());
  const registrations = Array.from({ length: 20 }, () => aRegistration());
  const [taken] = registrations;
  const doubled = registrations.map((registration, index) =>
    [5, 9, 19].includes(index) ? { ...registration, id: taken?.id as string } : registration,
  );
  const answers = await Promise.allSettled(
    doubled.map((registration) =>
      store.createRegistration({
        registration,
        attempt: null,
        audit: [anAuditEvent({ type: "registration.created", registrationId: registration.id })],
      }),
    ),
  );
  expect(answers.flatMap(({ status }, index) => (status === "rejected" ? [index] : []))).toEqual([5, 9, 19]);
  expect(await store.listAudit({ type: "registration.created", limit: 100 })).toHaveLength(17);
  for (const [index, { id }] of registrations.entries())
    expect(await store.findRegistration(id)).toEqual(
      [5, 9, 19].includes(index) ? null : registrations[index],
    );
});
