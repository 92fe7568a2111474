/** Owns what the failures of a server and of the way to it mean: not now, once more, or a fault to be loud about. */
import { StoreUnavailable } from "../../ports.js";

/** SQLSTATE classes and codes (PostgreSQL documentation, appendix A) that a later try can cure. */
const unavailable = [
  /^08/, // The connection broke.
  /^53/, // Out of disk, memory or connections.
  /^57P0[1-5]/, // The server shuts down, restarts, or has ended this session.
  /^57014/, // `statement_timeout`.
  /^55P03/, // `lock_timeout`.
  /^25P0[34]/, // A session that idled in a transaction, or one that took too long, was ended.
  /^25006/, // A standby: a failover is under way.
  /^40/, // Rolled back, and not for the first time: see `isRolledBack`.
  /^58/, // The disk under the server.
  /^28/, // A password that was changed is changed in the options, too.
  /^3D000/,
];

/** Ends of a session as the server tells of them: what ran in it is over. */
const ended = /^(08|57P0[1-5]|25P0[34])/;

/** The SQLSTATE or the code of a socket, or the empty string. `instanceof` would fail across module realms. */
export function codeOf(error: unknown): string {
  const hasCode = typeof error === "object" && error !== null && "code" in error;
  return hasCode && typeof error.code === "string" ? error.code : "";
}

/** Whether the server has answered with a refusal, in whose case the connection is still good. */
export function isAnswer(error: unknown): boolean {
  return (
    /^[0-9A-Z]{5}$/.test(codeOf(error)) && typeof error === "object" && error !== null && "severity" in error
  );
}

/** Whether the connection is gone, so that nobody answered, or is about to be. */
export function isLost(error: unknown): boolean {
  return isAnswer(error) ? ended.test(codeOf(error)) : isOfTheWay(error);
}

/** The words of the driver for a connection that ended, is ending, or never came to be; it gives them no codes. */
const words = /^(Connection terminated|Client (was closed|has encountered)|Query read timeout|timeout e)/;

function isOfTheWay(error: unknown): boolean {
  if (/^(E[A-Z_]+|ERR_(TLS|SSL|STREAM|SOCKET)\w*)$/.test(codeOf(error))) return true;
  return error instanceof Error || (typeof error === "object" && error !== null && "message" in error)
    ? words.test(String((error as Error).message))
    : false;
}

/**
 * Whether a server that could not be used at the start may come by itself. A wrong user, database or certificate does
 * not: somebody has to change something.
 */
export function isAway(error: unknown): boolean {
  const code = codeOf(error);
  if (isAnswer(error)) return !/^(28|3D)/.test(code) && unavailable.some((pattern) => pattern.test(code));
  return isOfTheWay(error) && !isOfTheCertificate(error);
}

/** Whether the server has shown a certificate that is not the one to be seen; codes are those of OpenSSL and Node. */
export function isOfTheCertificate(error: unknown): boolean {
  return /^(ERR_TLS_CERT|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(codeOf(error));
}

/** Whether the server has undone the transaction because of another one: it may be run again. */
export function isRolledBack(error: unknown): boolean {
  return isAnswer(error) && /^40(001|P01)$/.test(codeOf(error));
}

/** The error a verb throws: `StoreUnavailable` for what a retry can cure, the error itself for a fault. */
export function translated(error: unknown): unknown {
  if (error instanceof StoreUnavailable) return error;
  const code = codeOf(error);
  const isPassing = isAnswer(error) ? unavailable.some((pattern) => pattern.test(code)) : isOfTheWay(error);
  if (!isPassing) return error;
  return new StoreUnavailable(`The database did not answer (${code || String((error as Error).message)}).`, {
    cause: error,
  });
}
