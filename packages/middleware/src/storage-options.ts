/** Owns the option `storage`: which database, how to get there, and how many connections it may cost. */
import { z } from "zod";
import type { Store } from "./ports.js";

const bounded = (least: number, most: number, fallback: number) =>
  z.int().min(least).max(most).default(fallback);

const isPostgres = (url: string) => /^postgres(ql)?:\/\/./.test(url);

const poolSchema = z.strictObject({
  max: bounded(1, 1000, 10),
  connectTimeoutMilliseconds: bounded(100, 60_000, 2000),
  statementTimeoutMilliseconds: bounded(100, 60_000, 5000),
  lockTimeoutMilliseconds: bounded(50, 60_000, 1000),
  idleSeconds: bounded(1, 86_400, 10),
  maxLifetimeSeconds: bounded(0, 86_400, 0),
});

const pem = z.string().min(1);

const postgresSchema = z
  .strictObject({
    url: z
      .string()
      .refine(isPostgres, "must look like postgres://user:password@host/database")
      .describe("`postgres://user:password@host:5432/database`."),
    schema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, "must be a name of small letters, digits and underscores")
      .default("agent_auth")
      .describe("The schema all tables are in. `npx agent-auth migrate --schema NAME` makes it."),
    tls: z
      .union([
        z.boolean(),
        z.strictObject({
          ca: z.union([pem, z.array(pem)]).optional(),
          cert: pem.optional(),
          key: pem.optional(),
          servername: z.string().optional(),
        }),
      ])
      .optional()
      .describe(
        "`true`: TLS, with the server's certificate checked by the authorities Node trusts; or `{ ca, cert, key, servername }`, as PEM. Default: what `sslmode` in the URL says.",
      ),
    pool: poolSchema
      .prefault({})
      .describe(
        "Connections of this instance. `max` (default 10, 1 to 1000). `connectTimeoutMilliseconds` (2000, 100 to 60000): how long a request waits for a free connection, and a new connection for the server. `statementTimeoutMilliseconds` (5000, 100 to 60000): how long one statement may take. `lockTimeoutMilliseconds` (1000, 50 to 60000): how long it may wait for a row that another request is changing. `idleSeconds` (10, 1 to 86400): after which an unused connection is closed. `maxLifetimeSeconds` (0, up to 86400): after which one is replaced, for balancers and passwords that change; 0: never.",
      ),
  })
  .refine(({ url, tls }) => tls === undefined || !/[?&]ssl/i.test(url), {
    path: ["tls"],
    error: "or ssl parameters of the URL, and not both",
  });

const wanted =
  "must look like sqlite:./agent-auth.db, sqlite::memory: or postgres://user:password@host/database, or be a Store";

export const storageSchema = z
  .union([
    z.string(wanted).regex(/^sqlite:./, wanted),
    z
      .string()
      .refine(isPostgres)
      .transform((url) => postgresSchema.parse({ url })),
    postgresSchema,
    z.custom<Store>((value) => typeof (value as Store | null)?.createRegistration === "function"),
  ])
  .describe(
    "`sqlite:./agent-auth.db`, `sqlite::memory:`, `postgres://user:password@host/database`, the same with more to say (below), or a Store of your own.",
  );
