/** Owns what the terminal shows when the demo is up. */
import { seededAccounts } from "./accounts.js";
import { curlLines } from "./curl-lines.js";

export function greeting(baseUrl: string, databasePath: string | null): string {
  const accounts = seededAccounts.map(({ email, password }) => `    ${email.padEnd(22)} ${password}`);
  const steps = curlLines(baseUrl).flatMap(({ says, command }, index) => [
    `  ${index + 1}. ${says}`,
    `     ${command}`,
    "",
  ]);
  return [
    "",
    "Agent Auth demo",
    "",
    `  Home       ${baseUrl}`,
    `  Notes API  ${baseUrl}/api/notes`,
    `  For agents ${baseUrl}/auth.md`,
    `  Outbox     ${baseUrl}/dev/outbox`,
    `  Data       ${databasePath ?? "in memory, gone when the demo stops"}`,
    "",
    "  Accounts",
    ...accounts,
    "",
    "  Be the agent, in three lines:",
    "",
    ...steps,
    "",
  ].join("\n");
}
