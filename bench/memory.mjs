// `node bench/memory.mjs [--registrations 1000000]`: what one process holds while that many agents register with it
// over HTTP, on a file. Prints resident and heap memory, in MiB, after each tenth, and what the file has grown to.
import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { ask, messageOf, start } from "./processes.mjs";

const { values } = parseArgs({ options: { registrations: { type: "string", default: "1000000" } } });
const total = Number(values.registrations);
const server = start("memory-server.mjs", 0, []);
const load = start("memory-load.mjs", 1, []);
const line = (...cells) => process.stdout.write(`| ${cells.join(" | ")} |\n`);
try {
  const { url, file } = await messageOf(server);
  line("registrations", "resident MiB", "heap MiB", "file MiB");
  line("---", "---", "---", "---");
  for (let tenth = 1; tenth <= 10; tenth += 1) {
    await ask(load, { url, amount: Math.round(total / 10) });
    const { rss, heapUsed } = await ask(server, "memory");
    const mib = (bytes) => (bytes / 2 ** 20).toFixed(0);
    const done = Math.round((total * tenth) / 10).toLocaleString("en");
    line(done, mib(rss), mib(heapUsed), mib(statSync(file).size));
  }
} finally {
  for (const child of [server, load]) if (child.connected) child.disconnect();
}
