/** Owns the demo's secret: given in the environment, or drawn once and kept next to the database. */
import { hkdfSync, randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const fileName = "demo.secret";

/** The secret everything keyed derives from. In memory there is nothing to keep, so each start draws a new one. */
export function loadSecret(given: string | undefined, databasePath: string | null): string {
  if (given !== undefined) return given;
  const fresh = randomBytes(32).toString("base64url");
  if (databasePath === null) return fresh;

  const path = join(dirname(databasePath), fileName);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // A finished file is linked into place, so two processes that start together agree and nobody reads half a secret.
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, `${fresh}\n`, { mode: 0o600, flag: "wx" });
  try {
    linkSync(draft, path);
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return readFileSync(path, "utf8").trim();
  } finally {
    unlinkSync(draft);
  }
}

/** A secret of its own for one purpose, so that what is known of one says nothing about another. */
function derive(secret: string, purpose: string): string {
  return Buffer.from(hkdfSync("sha256", secret, "", `agent-auth-demo ${purpose}`, 32)).toString("base64url");
}

/** For the session cookie's signature. */
export const deriveSessionKey = (secret: string) => derive(secret, "session cookie");

/** What the sample provider is given: another party, which must not hold the demo's secret. */
export const deriveProviderSecret = (secret: string) => derive(secret, "sample provider");
