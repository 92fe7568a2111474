// Starting a process of the benchmark on a core of its own, and talking to it.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const canPin = cpus().length > 1 && spawnSync("taskset", ["--version"]).status === 0;

/** Whether server and load run on different cores; without `taskset` the system decides. */
export const isPinned = canPin;

export function start(file, core, parameters = []) {
  const script = [fileURLToPath(new URL(file, import.meta.url)), ...parameters];
  const [command, before] = canPin
    ? ["taskset", ["-c", String(core), process.execPath]]
    : [process.execPath, []];
  return spawn(command, [...before, ...script], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, NODE_ENV: "production" },
  });
}

/** The next message of a process, or its failure. */
export async function messageOf(child) {
  const ended = new AbortController();
  const exit = once(child, "exit", { signal: ended.signal }).then(([code]) => {
    throw new Error(`A process of the benchmark ended with ${code}.`);
  });
  try {
    const [message] = await Promise.race([once(child, "message"), exit]);
    return message;
  } finally {
    exit.catch(() => {});
    ended.abort();
  }
}

/** Sends a message and waits for the answer. */
export function ask(child, message) {
  const answer = messageOf(child);
  child.send(message);
  return answer;
}
