// Owns which tests run on both databases: all below these folders, but for those that are listed with their reason.
// `packages/middleware/test/architecture/two-databases.test.ts` checks the list.

/** Folders of tests that run on SQLite and, a second time, on PostgreSQL. */
export const repeated = [
  ...["browser", "deployment", "faults", "http", "interop", "keys", "mail"].map(
    (folder) => `packages/middleware/test/${folder}`,
  ),
  ...["browser", "deployment", "hostile", "http"].map((folder) => `packages/admin/test/${folder}`),
];

const middleware = (...paths) => paths.map((path) => `packages/middleware/test/${path}`);

/** What of them would be no other test on PostgreSQL, or none at all: the beginnings of paths, by reason. */
export const once = {
  "has no database": [
    ...middleware("keys/derived-keys", "keys/es256-signer", "keys/issuer-keys", "keys/safe-fetch"),
    ...middleware("mail/smtp-mailer", "deployment/options", "deployment/modules"),
    "packages/admin/test/http/downloads",
  ],
  "is about PostgreSQL by itself": middleware("deployment/postgres-storage"),
  "starts hosts on a SQLite file, and `nodes/` has processes on PostgreSQL": middleware("faults/crash"),
};

/** Whether a name says that a test is about SQLite. */
export const sqliteOnly = /\.sqlite\.test\.ts$/;
