/** Owns what the terminal shows when the demo is up. */
import { seededAccounts } from "./accounts.js";
import { curlLines } from "./curl-lines.js";
import { dashboardPath } from "./dashboard.js";
import type { Environment } from "./environment.js";
import { providerAccounts } from "./sample-provider.js";

interface Place
  extends Pick<Environment, "databasePath" | "postgresUrl" | "smtpUrl" | "ceremony" | "claimSignIn"> {
  baseUrl: string;
  /** Address of the sample provider; null when there is none. */
  provider: string | null;
}

const listed = (accounts: readonly { email: string; password: string }[]) =>
  accounts.map(({ email, password }) => `    ${email.padEnd(22)} ${password}`);

export function greeting(place: Place): string {
  const { baseUrl, databasePath, postgresUrl, smtpUrl, provider } = place;
  const steps = curlLines(baseUrl, place).flatMap(({ says, command }, index) => [
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
    `  Operators  ${baseUrl}${dashboardPath}`,
    // Hosts only: the rest of an address may have a password.
    smtpUrl === undefined
      ? `  Outbox     ${baseUrl}/dev/outbox`
      : `  Mail       leaves through ${new URL(smtpUrl).host}`,
    ...(provider === null ? [] : [`  Provider   ${provider}`]),
    `  Data       ${databasePath ?? "in memory, gone when the demo stops"}`,
    ...(postgresUrl === undefined ? [] : [`  Agents     PostgreSQL at ${new URL(postgresUrl).host}`]),
    "",
    "  Accounts",
    ...listed(seededAccounts),
    "",
    ...(provider === null ? [] : ["  Accounts at the provider", ...listed(providerAccounts), ""]),
    "  Be the agent, in three lines:",
    "",
    ...steps,
    "",
  ].join("\n");
}
