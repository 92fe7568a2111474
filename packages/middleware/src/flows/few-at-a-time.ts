/** Owns doing the same to many registrations: a few at a time, which share what a commit costs. */

/** Under way at a time. Leaves half of a pool of connections, as large as it is by default, to the requests. */
const atOnce = 5;

/** The items in groups of those that are worked on together. */
export function* fewAtATime<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += atOnce) yield items.slice(from, from + atOnce);
}

/** Settles when none is under way any more. Rejects when one of them failed, with the first failure. */
export async function all<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const outcomes = await Promise.allSettled(items.map(work));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
