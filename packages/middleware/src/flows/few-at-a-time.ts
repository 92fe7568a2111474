/** Owns doing the same to many registrations: a few at a time, which share what a commit costs. */

/** Under way at a time. Leaves half of a pool of connections, as large as it is by default, to the requests. */
const atOnce = 5;

/** Settles when none is under way any more. Rejects with the first failure, and then begins no more. */
export async function fewAtATime<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < items.length; from += atOnce) {
    const outcomes = await Promise.allSettled(items.slice(from, from + atOnce).map(work));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
}
