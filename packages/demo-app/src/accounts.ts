/**
 * Owns the demo's people: accounts with a password and an address that may be verified, made for somebody a provider
 * vouches for, or made for somebody who proved their mailbox by a link in a claim mail.
 */
import { createHash, randomBytes } from "node:crypto";
import type { DemoDatabase } from "./database.js";
import { hashPassword, isPassword } from "./passwords.js";

export interface Account {
  id: string;
  email: string;
  name: string;
  emailVerified: boolean;
  /** Whether they may open the operators' dashboard. */
  isOperator: boolean;
}

/** As the library tells it. */
interface NewPerson {
  email: string | null;
  name: string | null;
  /** Null: they proved the mailbox by a link in a mail. */
  issuer: string | null;
  idempotencyKey: string;
}

interface UserRow {
  id: string;
  email: string;
  name: string;
  /** Null: made for somebody a provider vouches for. Empty: no password was chosen yet. Nobody can sign in to either. */
  password_hash: string | null;
  verified_at: string | null;
}

/** Shown at start and on the sign-in page: this is a demo. */
export const seededAccounts = [
  { email: "alice@example.com", password: "alice-demo", name: "Alice" },
  { email: "bob@example.com", password: "bob-demo", name: "Bob" },
  { email: "operator@example.com", password: "operator-demo", name: "Operator" },
] as const;

/** Seeded before anybody can sign up, so that nobody else is ever behind this address. */
const operatorEmail = "operator@example.com";

const verificationHours = 24;

export function normaliseEmail(email: string): string {
  return email.trim().toLowerCase();
}

const toAccount = (row: UserRow): Account => ({
  id: row.id,
  email: row.email,
  name: row.name,
  emailVerified: row.verified_at !== null,
  isOperator: row.email === operatorEmail && row.password_hash !== null && row.verified_at !== null,
});

const hashToken = (token: string) => createHash("sha256").update(token).digest("base64url");
const nameFrom = (email: string) => email.split("@")[0] ?? email;
const newUserId = () => `usr_${randomBytes(12).toString("hex")}`;

export type Accounts = ReturnType<typeof openAccounts>;

export function openAccounts(database: DemoDatabase) {
  const byId = database.prepare<[string], UserRow>("SELECT * FROM demo_users WHERE id = ?");
  const byEmail = database.prepare<[string], UserRow>(
    "SELECT * FROM demo_users WHERE email = ? AND password_hash IS NOT NULL",
  );
  const byKey = database.prepare<[string], UserRow>("SELECT * FROM demo_users WHERE idempotency_key = ?");
  // A second call with the same key changes nothing. Whose mailbox the demo knows must approve instead.
  const insertProvisioned = database.prepare(`
    INSERT INTO demo_users (id, email, name, idempotency_key)
    SELECT @id, @email, @name, @key
    WHERE NOT EXISTS (SELECT 1 FROM demo_users WHERE email = @email AND verified_at IS NOT NULL)
    ON CONFLICT (idempotency_key) DO NOTHING`);
  // Whoever signed up with the address has not proven it, and may be somebody else: their account, sessions included,
  // makes way for the one of the person who has.
  const removeUnverified = database.prepare(
    "DELETE FROM demo_users WHERE email = ? AND password_hash IS NOT NULL AND verified_at IS NULL",
  );
  const insertProven = database.prepare(`
    INSERT INTO demo_users (id, email, name, password_hash, verified_at) VALUES (?, ?, ?, '', ?)
    ON CONFLICT (email) WHERE password_hash IS NOT NULL DO NOTHING`);
  const proveMailbox = database.transaction((email: string): UserRow | undefined => {
    removeUnverified.run(email);
    insertProven.run(newUserId(), email, nameFrom(email), new Date().toISOString());
    return byEmail.get(email);
  });
  const byVerification = database.prepare<[string, string], UserRow>(
    "SELECT * FROM demo_users WHERE verification_hash = ? AND verification_expires_at > ?",
  );
  const insertSeeded = database.prepare(
    "INSERT OR IGNORE INTO demo_users (id, email, name, password_hash, verified_at) VALUES (?, ?, ?, ?, ?)",
  );
  // Signing up again replaces an unverified account, so only the newest link and password work; a verified one stays.
  // Without a password it gets a link to choose one: what was typed here may be a stranger's.
  const offerPassword = database.prepare(`
    UPDATE demo_users SET verification_hash = ?, verification_expires_at = ? WHERE email = ? AND password_hash = ''`);
  const choosePassword = database.prepare(
    "UPDATE demo_users SET password_hash = ? WHERE id = ? AND password_hash = ''",
  );
  const insertUnverified = database.prepare(`
    INSERT INTO demo_users (id, email, name, password_hash, verification_hash, verification_expires_at)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (email) WHERE password_hash IS NOT NULL DO UPDATE SET
      name = excluded.name, password_hash = excluded.password_hash,
      verification_hash = excluded.verification_hash, verification_expires_at = excluded.verification_expires_at
    WHERE demo_users.verified_at IS NULL`);
  const verify = database.prepare<[string, string, string], UserRow>(`
    UPDATE demo_users SET verified_at = coalesce(verified_at, ?), verification_hash = NULL,
      verification_expires_at = NULL
    WHERE verification_hash = ? AND verification_expires_at > ? RETURNING *`);

  return {
    findById(id: string): Account | null {
      const row = byId.get(id);
      return row === undefined ? null : toAccount(row);
    },

    /**
     * The account whose mailbox the demo itself has verified. An account made for a provider's person never is: that
     * provider vouches for the address, and another one could vouch for the same one to somebody else.
     */
    findByEmail(email: string): Account | null {
      const row = byEmail.get(normaliseEmail(email));
      return row === undefined || row.verified_at === null ? null : toAccount(row);
    },

    /** The account for somebody the library has no account for: a provider vouches for them, or they proved the mailbox. */
    create(person: NewPerson): Account | null {
      return person.issuer === null ? this.prove(person) : this.provision(person);
    },

    /** The account of whoever reads mail at the address. Called again it is the same one. */
    prove(person: { email: string | null }): Account | null {
      if (person.email === null) return null;
      const row = proveMailbox.immediate(normaliseEmail(person.email));
      return row === undefined ? null : toAccount(row);
    },

    /**
     * The account for somebody a trusted provider vouches for: found again by the key, else made. Nobody signs in to
     * it, and it takes no address away. Somebody who signs up with the address later gets an account of their own,
     * because merging the two would hand over a link they never approved; once they revoke at the provider, its next
     * ID-JAG asks them. Null when there is no address, or it is verified here and its owner has to be asked.
     */
    provision(person: { email: string | null; name: string | null; idempotencyKey: string }): Account | null {
      if (person.email === null) return null;
      const email = normaliseEmail(person.email);
      const name = person.name ?? nameFrom(email);
      insertProvisioned.run({ id: newUserId(), email, name, key: person.idempotencyKey });
      const row = byKey.get(person.idempotencyKey);
      return row === undefined ? null : toAccount(row);
    },

    async signIn(email: string, password: string): Promise<Account | null> {
      const row = byEmail.get(normaliseEmail(email));
      const matches = await isPassword(password, row?.password_hash || undefined);
      return row !== undefined && matches ? toAccount(row) : null;
    },

    /** Creates an unverified account, or offers the owner of one without a password to choose it. The token goes into its verification link; null when the address is taken. */
    async signUp(details: { email: string; password: string; name: string }): Promise<string | null> {
      const token = randomBytes(24).toString("base64url");
      const hash = await hashPassword(details.password);
      const expires = new Date(Date.now() + verificationHours * 3_600_000).toISOString();
      const email = normaliseEmail(details.email);
      const link = [hashToken(token), expires];
      const { changes } = insertUnverified.run(newUserId(), email, details.name, hash, ...link);
      if (changes === 1) return token;
      return offerPassword.run(...link, email).changes === 1 ? token : null;
    },

    /** The account a verification link is for, and whether its owner has a password to choose. Uses nothing up. */
    findByVerification(token: string): (Account & { needsPassword: boolean }) | null {
      const row = byVerification.get(hashToken(token), new Date().toISOString());
      return row === undefined ? null : { ...toAccount(row), needsPassword: row.password_hash === "" };
    },

    /** Uses the link up. `password` is for an account without one. Null when the link is unknown, old or used. */
    async verify(token: string, password: string | null): Promise<Account | null> {
      const hash = password === null ? null : await hashPassword(password);
      const now = new Date().toISOString();
      const row = verify.get(now, hashToken(token), now);
      if (row !== undefined && hash !== null) choosePassword.run(hash, row.id);
      return row === undefined ? null : toAccount(row);
    },

    /** Creates the accounts of the demo where they are missing. */
    async seed(): Promise<void> {
      for (const { email, name, password } of seededAccounts) {
        if (byEmail.get(email) !== undefined) continue;
        insertSeeded.run(newUserId(), email, name, await hashPassword(password), new Date().toISOString());
      }
    },
  };
}
