// Fills PostgreSQL with the registrations of a SQLite file that scripts/seed.mjs made, and weighs the tables.
import { createHash, randomBytes } from "node:crypto";
import Database from "better-sqlite3";
import { formatSecret, hashSecret, secretBytes } from "../packages/middleware/dist/protocol/secrets.js";

const tables = ["registrations", "access_tokens", "audit_events", "mail_outbox", "delegations"];
const batch = 5000;

const digest = (text) => createHash("sha256").update(text).digest();
const idOf = (id) => id && `reg_${digest(id).toString("hex").slice(0, 32)}`;
const hashOf = (text) => text && digest(text).toString("base64url");

/** Ids and hashes as long, and as far apart, as real ones: seeded ones are in order, which indexes like too much. */
const realistic = {
  registrations: (row) => ({ ...row, id: idOf(row.id), claim_token_hash: hashOf(row.claim_token_hash) }),
  access_tokens: (row) => ({ ...row, registration_id: idOf(row.registration_id), hash: hashOf(row.hash) }),
  audit_events: (row) => ({
    ...row,
    registration_id: idOf(row.registration_id),
    actor_id: row.actor_kind === "agent" ? idOf(row.actor_id) : row.actor_id,
    detail: JSON.parse(row.detail),
  }),
  mail_outbox: (row) => ({ ...row, registration_id: idOf(row.registration_id) }),
  delegations: (row) => row,
};

/** Copies everything, in the order it was written. */
export async function fill({ ask }, file) {
  const source = new Database(file, { readonly: true });
  for (const table of tables) {
    // Numbers are given anew, in the same order.
    const columns = source
      .pragma(`table_info(${table})`)
      .map(({ name }) => name)
      .filter(
        (name) => name !== "number" && name !== "id_number" && !(table !== "registrations" && name === "id"),
      );
    const page = source.prepare(
      `SELECT rowid AS place, ${columns.join(", ")} FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ${batch}`,
    );
    for (let last = 0, rows = page.all(last); rows.length > 0; rows = page.all(last)) {
      last = rows.at(-1).place;
      await ask(
        `INSERT INTO agent_auth.${table} (${columns.join(", ")})
         SELECT ${columns.join(", ")} FROM json_populate_recordset(NULL::agent_auth.${table}, $1)`,
        [JSON.stringify(rows.map(realistic[table]))],
      );
    }
  }
  source.close();
  await ask("VACUUM ANALYZE");
}

/** Rows and bytes of every table that has some. */
export function weigh({ ask }) {
  return ask(`
    SELECT relname AS name, reltuples::float8 AS rows, pg_table_size(oid)::float8 AS heap,
      pg_indexes_size(oid)::float8 AS indexes
    FROM pg_class WHERE relnamespace = 'agent_auth'::regnamespace AND relkind = 'r' AND reltuples > 100
    ORDER BY pg_total_relation_size(oid) DESC`);
}

/** Every index: its size, how often it was asked, and the pages it was asked for. */
export function indexes({ ask }) {
  return ask(`
    SELECT indexrelname AS name, idx_scan::float8 AS scans, pg_relation_size(indexrelid)::float8 AS bytes,
      (idx_blks_hit + idx_blks_read)::float8 AS pages
    FROM pg_stat_user_indexes JOIN pg_statio_user_indexes USING (indexrelid, relid, schemaname, relname, indexrelname)
    WHERE schemaname = 'agent_auth' ORDER BY indexrelname`);
}

/** Gives `count` registrations in good standing, from all over the table, a fresh access token each. */
export async function issueTokensOnPostgres({ ask }, resource, count) {
  const holders = await ask(
    `SELECT id, generation FROM agent_auth.registrations WHERE claimed_at IS NOT NULL AND revoked_at IS NULL
       AND suspended_at IS NULL AND ends_at IS NULL AND 'api.read' = ANY (string_to_array(scopes, ' ')) ORDER BY hashtext(id) LIMIT $1`,
    [count],
  );
  const now = Math.floor(Date.now() / 1000);
  const issued = holders.map(({ id, generation }) => {
    const token = formatSecret("access_token", Date.now(), randomBytes(secretBytes));
    const dates = { created_at: now, expires_at: now + 86_400 };
    const row = {
      hash: hashSecret(token),
      registration_id: id,
      generation,
      scopes: "api.read",
      resource,
      ...dates,
    };
    return { token, row };
  });
  const columns = Object.keys(issued[0].row).join(", ");
  await ask(
    `INSERT INTO agent_auth.access_tokens (${columns})
     SELECT ${columns} FROM json_populate_recordset(NULL::agent_auth.access_tokens, $1)`,
    [JSON.stringify(issued.map(({ row }) => row))],
  );
  await ask("VACUUM ANALYZE agent_auth.access_tokens");
  return {
    tokens: issued.map(({ token }) => token),
    hashes: issued.map(({ row }) => row.hash),
    ids: issued.map(({ row }) => row.registration_id),
  };
}
