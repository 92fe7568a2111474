/** Owns the timers. None keeps the process alive, no two runs of one task overlap. */

/** Runs the task again and again. Returns how to stop it. */
export function startTimer(everySeconds: number, run: () => Promise<void>): () => void {
  let isRunning = false;
  const timer = setInterval(() => {
    if (isRunning) return;
    isRunning = true;
    void run().finally(() => {
      isRunning = false;
    });
  }, everySeconds * 1000);
  timer.unref();
  return () => clearInterval(timer);
}

/** Waits for the work, but not longer than that; the work goes on either way. */
export async function waitAtMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}
