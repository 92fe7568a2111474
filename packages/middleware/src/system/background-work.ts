/** Owns the timers. None keeps the process alive, no two runs of one task overlap. */

export interface Task {
  everySeconds: number;
  run: () => Promise<void>;
}

/** Starts the tasks, spread out so that instances started together do not work in step. Returns how to stop them. */
export function startBackgroundWork(tasks: Task[], spread: () => number): () => void {
  const timers = tasks.map(({ everySeconds, run }) => {
    let isRunning = false;
    const tick = () => {
      if (isRunning) return;
      isRunning = true;
      void run().finally(() => {
        isRunning = false;
      });
    };
    const period = everySeconds * 1000 * (0.9 + spread() * 0.2);
    const timer = setInterval(tick, period);
    timer.unref();
    return timer;
  });
  return () => timers.forEach(clearInterval);
}
