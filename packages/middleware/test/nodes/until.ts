/** Owns waiting for what other processes do. */

const patienceMs = 20_000;

/** Asks again and again until the answer is yes. Gives up after a time no test should need. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
