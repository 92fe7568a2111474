/** Folders of tests that run on SQLite and, a second time, on PostgreSQL. */
export const repeated: string[];
/** What of them would be no other test on PostgreSQL, or none at all: the beginnings of paths, by reason. */
export const once: Record<string, string[]>;
/** Whether a name says that a test is about SQLite. */
export const sqliteOnly: RegExp;
