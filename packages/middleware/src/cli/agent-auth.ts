#!/usr/bin/env node
/** Owns the command line of the package, `npx agent-auth`: a process of its own, so it may read its environment. */
import { runMigrate, usage } from "./migrate.js";

const [command, ...rest] = process.argv.slice(2);
const output = {
  print: (text: string) => process.stdout.write(`${text}\n`),
  complain: (text: string) => process.stderr.write(`${text}\n`),
};
if (command === "migrate") {
  process.exitCode = await runMigrate(rest, { ...output, databaseUrl: process.env.DATABASE_URL });
} else if (command === undefined || command === "help" || command === "--help") {
  output.print(usage);
} else {
  output.complain(`agent-auth: ${command} is no command.\n\n${usage}`);
  process.exitCode = 2;
}
