/** Owns migrating a database that is named by its URL, with a connection of its own and without a limit of time. */
import { clientConfig, loadDriver } from "./driver.js";
import { migrate, NewerSchema } from "./migrations.js";
import { nameOf, reasonOf } from "./place-names.js";

/**
 * Brings the schema to this version and returns the statements that did, or that would with `isDryRun`. Throws an error
 * of one sentence that says what to do.
 */
export async function migrateDatabase({
  url,
  schema,
  isDryRun,
}: {
  url: string;
  schema: string;
  isDryRun: boolean;
}): Promise<string[]> {
  const driver = await loadDriver();
  const client = new driver.Client({ ...clientConfig(driver, { url }), connectionTimeoutMillis: 10_000 });
  // The statement under way fails by itself; an event nobody listens to would end the process before it is told.
  client.on("error", () => {});
  try {
    await client.connect();
    return await migrate(client, schema, { isDryRun });
  } catch (error) {
    throw new Error(sentence(url, error), { cause: error });
  } finally {
    await client.end().catch(() => {});
  }
}

function sentence(url: string, error: unknown): string {
  if (error instanceof NewerSchema)
    return `${nameOf(url)} was migrated by a newer version: run the command of that version.`;
  return reasonOf(url, error);
}
