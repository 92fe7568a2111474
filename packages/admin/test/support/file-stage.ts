/** Owns a stage on a database file, for tests that fill it, lock it, or look at it from the side. */
import { join } from "node:path";
import { temporaryFolder } from "../../../middleware/test/support/stages.js";
import { type Stage, type StageOptions, stage } from "./stage.js";

export { lock, multiply } from "../../../middleware/test/support/admin-stage.js";

export interface FileStage extends Stage {
  /** The database, as the `storage` option of a second instance. */
  storage: string;
}

export async function fileStage({ options, ...rest }: StageOptions = {}): Promise<FileStage> {
  const storage = `sqlite:${join(temporaryFolder(), "agent-auth.db")}`;
  return { ...(await stage({ ...rest, options: { storage, ...options } })), storage };
}
