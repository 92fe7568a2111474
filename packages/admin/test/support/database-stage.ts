/** Owns a stage on a database that tests fill, lock, or look at from the side. */
import { type TestDatabase, testDatabase } from "../../../middleware/test/support/database.js";
import { type Stage, type StageOptions, stage } from "./stage.js";

export { multiply } from "../../../middleware/test/support/admin-stage.js";

export interface DatabaseStage extends Stage {
  database: TestDatabase;
}

export async function databaseStage({ options, ...rest }: StageOptions = {}): Promise<DatabaseStage> {
  const database = await testDatabase();
  const opened = await stage({ ...rest, options: { storage: database.storage, ...options } });
  return {
    ...opened,
    database,
    async close() {
      await opened.close();
      await database.destroy();
    },
  };
}
