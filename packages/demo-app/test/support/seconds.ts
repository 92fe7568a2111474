/** Owns waiting for the clock to turn, where what happened in one second counts as older than what follows. */

/** Comes back once the clock shows a later second than this one. */
export async function secondAfter(second: number): Promise<void> {
  while (Math.floor(Date.now() / 1000) <= second) await new Promise(setImmediate);
}
