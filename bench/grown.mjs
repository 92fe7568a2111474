// Databases that have grown, and tokens that are spread over them.
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { formatSecret, hashSecret, secretBytes } from "../packages/middleware/dist/protocol/secrets.js";
import { seed } from "../scripts/seed.mjs";

function fingerprint() {
  const migrations = new URL("../packages/middleware/dist/storage/sqlite/drizzle/", import.meta.url);
  const names = readdirSync(migrations).filter((name) => name.endsWith(".sql"));
  const hash = createHash("sha256");
  for (const name of names.sort()) hash.update(readFileSync(new URL(name, migrations)));
  return hash.digest("hex").slice(0, 12);
}

/** The file with that many registrations; made once and kept, for it takes a while. */
export async function grownFile(rows) {
  const folder = join(tmpdir(), "agent-auth-bench-grown");
  mkdirSync(folder, { recursive: true });
  // A file that was made by another version of the schema is of no use.
  const file = join(folder, `${rows}-${fingerprint()}.db`);
  if (!existsSync(file)) {
    process.stderr.write(`filling a database with ${rows.toLocaleString("en")} registrations\n`);
    await seed(file, rows, Math.floor(Date.now() / 1000));
  }
  return file;
}

/**
 * Gives `count` registrations in good standing, spread evenly over the table, a fresh access token each. `count` is
 * above the number of rows the store may keep in memory, so every check of them in turn reads the database.
 */
export function issueTokens(file, resource, count) {
  const database = new Database(file);
  const now = Math.floor(Date.now() / 1000);
  const total = database.prepare("SELECT max(rowid) FROM registrations").pluck().get();
  const next = database.prepare(
    `SELECT id, generation FROM registrations WHERE rowid >= ? AND claimed_at IS NOT NULL AND revoked_at IS NULL
       AND suspended_at IS NULL AND ends_at IS NULL AND ' ' || scopes || ' ' LIKE '% api.read %'
     ORDER BY rowid LIMIT 1`,
  );
  const insert = database.prepare(
    `INSERT INTO access_tokens (hash, registration_id, generation, scopes, resource, created_at, expires_at)
     VALUES (?, ?, ?, 'api.read', ?, ?, ?)`,
  );
  const tokens = [];
  database.transaction(() => {
    for (let number = 0; number < count; number += 1) {
      const holder = next.get(Math.floor((number / count) * total * 0.99));
      const token = formatSecret("access_token", Date.now(), randomBytes(secretBytes));
      insert.run(hashSecret(token), holder.id, holder.generation, resource, now, now + 86_400);
      tokens.push(token);
    }
  })();
  database.close();
  return tokens;
}
