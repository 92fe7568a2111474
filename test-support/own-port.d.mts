/** A port of 127.0.0.1 that nobody listens at, and that no other test is given by the system meanwhile. */
export function ownPort(): Promise<number>;
