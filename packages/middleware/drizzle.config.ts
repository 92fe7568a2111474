import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./src/storage/sqlite/schema.ts",
  out: "./src/storage/sqlite/drizzle",
  // The name `src/storage/sqlite/migrations.ts` keeps its books under.
  migrations: { table: "agent_auth_migrations" },
});
