// `npm run seed -- 1000000 [file]`: fills a database file (agent-auth-seed.db) with that many registrations of the last
// 90 days, a token, audit lines and mail for some, spread like a service in use. For looking at the dashboard, and for
// bench/listings.mjs. Adds to what is there. Build first: the schema comes from packages/middleware/dist.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import Database from "better-sqlite3";

const day = 86_400;
const days = 90;
const names = [
  "Claude",
  "Gemini CLI",
  "Copilot",
  "my-agent",
  "Inbox Helper",
  "Codex",
  "cron bot",
  "Notes sync",
];
const issuers = ["https://issuer.example", "https://agents.example.com", "https://idp.example.org"];
const scopeSets = [
  ["api.read"],
  ["api.read"],
  ["api.read", "api.write"],
  ["api.read", "api.write", "api.delete"],
];

/** Numbers that repeat with their seed, so that two machines measure the same rows. */
function dice(seed) {
  let state = seed;
  return (sides) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % sides;
  };
}

/** One registration as a row, and what became of it. `number` makes it unique, `created_at` rises with it. */
function registrationAt(number, count, start, roll) {
  const now = start + days * day;
  const created_at = start + Math.floor((number / count) * days * day);
  const kind = ["anonymous", "anonymous", "anonymous", "service_auth", "identity_assertion"][roll(5)];
  const carries = kind === "identity_assertion";
  const isClaimed = carries || roll(100) < 45;
  const isRevoked = roll(100) < 12;
  const isSuspended = !isRevoked && roll(1000) < 5;
  const claim_expires_at = created_at + day;
  const isOver = !isClaimed && claim_expires_at <= now - 60;
  const id = `reg_${number.toString(36).padStart(8, "0")}${roll(2_000_000_000).toString(36)}`;
  // A few addresses and people have very many, most have a handful.
  const address = roll(20) === 0 ? roll(5) : 100 + roll(Math.max(Math.floor(count / 8), 10));
  const person = roll(50) === 0 ? roll(5) : 100 + roll(Math.max(Math.floor(count / 5), 10));
  const scopes = roll(20_000) === 0 ? ["api.admin"] : scopeSets[roll(scopeSets.length)];
  return {
    ...{ id, kind, created_at, claim_expires_at, scopes: scopes.join(" "), generation: isRevoked ? 2 : 1 },
    client_name: roll(20) === 0 ? null : `${names[roll(names.length)]} ${roll(5000)}`,
    created_ip: `10.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}`,
    user_agent: "agent/1.0",
    user_id: isClaimed ? `user_${person}` : null,
    claimed_at: isClaimed ? created_at + 120 : null,
    collected_at: isClaimed ? created_at + 125 : null,
    claim_token_hash: `claim-${number}-${roll(2_000_000_000)}`,
    ...{
      claim_ended_at: null,
      claim_end_reason: null,
      wrong_guesses: 0,
      poll_interval: 5,
      last_polled_at: null,
    },
    current_attempt_id: !isClaimed && roll(3) === 0 ? `att_${number}` : null,
    ends_at: roll(200) === 0 ? now - day + roll(2 * day) : null,
    suspended_at: isSuspended ? created_at + 3600 : null,
    revoked_at: isRevoked ? Math.min(created_at + roll(20 * day), now) : null,
    revoked_by: isRevoked ? "user" : null,
    revoked_reason: isRevoked ? "user_revoked" : null,
    // The sweeper notes it of suspended ones, too.
    expired_at: isOver && !isRevoked ? claim_expires_at + 30 : null,
    last_used_at: roll(4) === 0 ? null : created_at + roll(now - created_at + 1),
    issuer: carries ? issuers[roll(roll(10) === 0 ? 3 : 2)] : null,
    subject: carries ? `subject-${number}-${roll(2_000_000_000)}` : null,
    id_jag_issued_at: carries ? created_at : null,
  };
}

function insertInto(database, table, columns) {
  const values = columns.map((column) => `@${column}`).join(", ");
  return database.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${values})`);
}

/** Fills the file with `count` registrations up to `now`, in seconds. */
export async function seed(path, count, now, progress = () => {}) {
  const built = fileURLToPath(new URL("../packages/middleware/dist/storage/sqlite/open.js", import.meta.url));
  if (!existsSync(built)) throw new Error("The middleware is not built. Run `npm run build` first.");
  const { openSqlite } = await import(pathToFileURL(built).href);
  const { countFailedMail, foldEvents } = await import(new URL("event-counts.js", pathToFileURL(built)).href);
  await openSqlite({ path, durability: "balanced" }).close();

  const database = new Database(path);
  // Whoever fills a file for trying things out can fill it again, so nothing waits for the disk.
  database.pragma("synchronous = OFF");
  database.pragma("journal_mode = OFF");
  database.pragma("temp_store = MEMORY");
  database.pragma("cache_size = -2000000");
  database.pragma("foreign_keys = OFF");
  const seedOfRows = (database.prepare("SELECT count(*) FROM registrations").pluck().get() % 1_000_000) + 1;
  const roll = dice(seedOfRows);
  const start = now - days * day;
  const registration = insertInto(
    database,
    "registrations",
    Object.keys(registrationAt(0, 1, start, dice(1))),
  );
  const token = insertInto(database, "access_tokens", [
    ...["hash", "registration_id", "generation", "scopes", "resource", "created_at", "expires_at"],
  ]);
  const event = insertInto(database, "audit_events", [
    ...["type", "at", "actor_kind", "actor_id", "ip", "registration_id", "detail"],
  ]);
  const mail = insertInto(database, "mail_outbox", [
    ...["template", "recipient", "registration_id", "created_at", "next_try_at", "tries"],
    ...["sent_at", "failed_at", "failure"],
  ]);
  const delegation = insertInto(database, "delegations", [
    ...["issuer", "subject", "user_id", "version", "created_at", "linked_at", "linked_issued_at"],
  ]);

  const fill = database.transaction((first, last) => {
    for (let number = first; number < last; number += 1) {
      const row = registrationAt(number, count, start, roll);
      const { id, created_at, scopes, created_ip, issuer, subject, user_id } = row;
      registration.run(row);
      if (issuer !== null)
        delegation.run({
          ...{ issuer, subject, user_id, version: 1, created_at },
          ...{ linked_at: created_at, linked_issued_at: created_at },
        });
      const expires_at = roll(10) === 0 ? now + roll(3600) : created_at + 3600;
      token.run({
        ...{ hash: `token-${id}`, registration_id: id, generation: 1, scopes, created_at, expires_at },
        resource: "https://api.example.com",
      });
      const about = { at: created_at, ip: created_ip, registration_id: id, detail: "{}" };
      const write = (type, actor_kind, actor_id, more = {}) =>
        event.run({ ...about, type, actor_kind, actor_id, ...more });
      write("registration.created", "agent", id);
      write("token.issued", "agent", id);
      if (row.claimed_at !== null) write("claim.confirmed", "user", user_id);
      if (row.revoked_at !== null)
        write("registration.revoked", roll(20) === 0 ? "operator" : "user", `operator_${roll(4)}`);
      if (roll(3) > 0) continue;
      const state = roll(100) < 3 ? "failed" : number > count - 20 ? "waiting" : "sent";
      mail.run({
        template: ["claim_link", "agent_connected", "agent_revoked", "manage_link"][roll(4)],
        ...{ recipient: `person${roll(1000)}@example.com`, registration_id: id, created_at },
        ...{ next_try_at: created_at, tries: 1, sent_at: state === "sent" ? created_at : null },
        failed_at: state === "failed" ? created_at : null,
        failure: state === "failed" ? "refused" : null,
      });
      if (state === "failed") write("mail.failed", "system", null, { detail: '{"reason":"refused"}' });
    }
  });
  const newestEvent = database.prepare("SELECT coalesce(max(id), 0) FROM audit_events").pluck();
  const before = newestEvent.get();
  const batch = 100_000;
  for (let first = 0; first < count; first += batch) {
    fill.immediate(first, Math.min(first + batch, count));
    progress(Math.min(first + batch, count));
  }
  for (const sql of foldEvents) database.prepare(sql).run({ id: newestEvent.get() });
  database.prepare(countFailedMail("id > ? AND type = 'mail.failed'")).run(before);
  database.pragma("journal_mode = WAL");
  database.close();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [wanted = "100000", file = "agent-auth-seed.db"] = process.argv.slice(2);
  const count = Number(wanted);
  if (!Number.isInteger(count) || count < 1) throw new Error("npm run seed -- COUNT [FILE]");
  const path = resolve(file);
  await seed(path, count, Math.floor(Date.now() / 1000), (done) =>
    process.stderr.write(`${done} of ${count}\n`),
  );
  process.stdout.write(`${path}\n`);
}
