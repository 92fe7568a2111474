/** Owns the sentences that say of which database something is told, and why it cannot be used. No password is in them. */
import { codeOf, isAnswer, isOfTheCertificate } from "./failures.js";

/** The database without the user and the password that are in its URL. */
export function nameOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `The database ${hostname}${port === "" ? "" : `:${port}`}${pathname}`;
  } catch {
    return "The database";
  }
}

/** Why the database cannot be used, and what to do. */
export function reasonOf(url: string, error: unknown): string {
  const database = nameOf(url);
  const code = codeOf(error);
  if (/^28/.test(code))
    return `${database} refuses this user (${code}): check the user and password of the URL.`;
  if (code === "3D000")
    return `${database} does not exist: create it, then run npx agent-auth migrate on it.`;
  if (code === "42501")
    return `${database} does not give this user the rights (${code}): grant them on the schema and its tables.`;
  if (isAnswer(error)) return `${database} refused (${code}): ${(error as Error).message}.`;
  if (isOfTheCertificate(error))
    return `${database} does not show the certificate it should (${code}): check the option tls, and the host.`;
  if (/does not support SSL/.test(String((error as Error).message)))
    return `${database} speaks no TLS: switch ssl on at the server, or do not ask for TLS.`;
  const reason = code === "" ? String((error as Error).message ?? error) : code;
  return `${database} cannot be reached (${reason}): check that it runs, and the host, port and TLS settings.`;
}
