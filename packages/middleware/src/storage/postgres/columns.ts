/** Owns the kinds of columns the PostgreSQL tables are made of, and the schema they live in. */
import { bigint, customType, jsonb, pgSchema } from "drizzle-orm/pg-core";

/**
 * The schema of generated SQL and of the statements in this folder. Another one that a host asks for takes its place
 * before anything is sent (`statements.ts`, `migrations.ts`).
 */
export const home = pgSchema("agent_auth");

/**
 * Text that is compared and sorted byte by byte, whatever the locale of the database: cursors, prefixes and the order
 * of listings rely on it, and it is what SQLite does.
 */
export const text = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

/** Integer epoch seconds, counters and generations: all integers up to 2^53 - 1. */
export const integer = (name: string) => bigint(name, { mode: "number" });

/** JSON, handed over and given back as its text, so that both stores share their rows. */
export const json = (name: string) => jsonb(name).$type<string>();

/**
 * The order of writing, which SQLite has as `rowid`. Given by the database, and no part of any record: only where rows
 * of one second have to be told apart.
 */
export const position = () => bigint("position", { mode: "number" }).notNull().generatedAlwaysAsIdentity();
