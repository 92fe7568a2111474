/** Owns measuring how long something took. Monotonic: a clock that is set meanwhile changes nothing. */
export function startWatch(): () => number {
  const start = performance.now();
  return () => (performance.now() - start) / 1000;
}
