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

/** What could run twice and is left out for what that takes, by reason. `npm run test:everything` leaves nothing out. */
export const spared = {
  "is about the app around the middleware, whatever that stores": middleware(
    ...["express-versions", "hosts", "matrix", "metadata-merge", "methods", "mounts", "other-server"].map(
      (name) => `deployment/${name}.test`,
    ),
    ...["proxies", "wire"].map((name) => `deployment/${name}.test`),
  ),
  "is about words, headers and markup of pages, which no database has a part in": [
    ...middleware("http/asvs-headers", "http/asvs-words", "http/claim-page-text", "http/page-"),
    ...["asvs", "roles", "theme"].map((name) => `packages/admin/test/http/${name}.test`),
  ],
  "is about what a request, a document, a token or a signature looks like, which is decided before any database is asked":
    middleware(
      ...[
        ...[
          "asvs-forms",
          "auth-md",
          "bodies",
          "challenge",
          "confusion-matrix",
          "documents",
          "id-jag-attacks",
        ],
        ...["id-jag-checks", "identity-login-hint", "proxy-check", "request-id", "settle-claim-bodies"],
        ...["settle-claim-forgeries", "token-confusion", "token-exchange-assertion", "token-exchange-claims"],
      ].map((name) => `http/${name}`),
      ...["keys/client-metadata", "keys/key-purposes"],
    ),
  "is about the looks and the behaviour of pages in a browser, and `http/` sends the same forms":
    middleware("browser/"),
};

/** Whether a name says that a test is about SQLite. */
export const sqliteOnly = /\.sqlite\.test\.ts$/;
