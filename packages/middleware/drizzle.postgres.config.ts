import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: "./src/storage/postgres/schema.ts",
  out: "./src/storage/postgres/drizzle",
  // The name `src/storage/postgres/migrations.ts` keeps its books under.
  migrations: { table: "agent_auth_migrations", schema: "agent_auth" },
  schemaFilter: ["agent_auth"],
});
