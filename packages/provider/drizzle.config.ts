import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./src/storage/schema.ts",
  out: "./src/storage/drizzle",
  // The name `src/storage/migrations.ts` keeps its books under.
  migrations: { table: "agent_provider_migrations" },
});
