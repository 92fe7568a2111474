/** Owns the notes: what the demo's API is about. A note belongs to the registration or the person that wrote it. */
import { randomBytes } from "node:crypto";
import type { DemoDatabase } from "./database.js";

export interface Note {
  id: string;
  text: string;
  /** ISO 8601. */
  createdAt: string;
  /** The agent that wrote it; null when a person did. */
  registrationId: string | null;
}

/** Whose notes: a person's own and those of their agents, or those of one agent nobody has claimed yet. */
export interface Owner {
  userId: string | null;
  registrationIds: string[];
}

export const maximumTextLength = 2000;
/** The newest so many are listed. */
const maximumListed = 500;

const owned = "(user_id = @userId OR registration_id IN (SELECT value FROM json_each(@registrations)))";
const parameters = (owner: Owner) => ({
  userId: owner.userId,
  registrations: JSON.stringify(owner.registrationIds),
});

export type Notes = ReturnType<typeof openNotes>;

export function openNotes(database: DemoDatabase) {
  const list = database.prepare<[object], Note>(`
    SELECT id, text, created_at AS createdAt, registration_id AS registrationId
    FROM demo_notes WHERE ${owned} ORDER BY sequence DESC LIMIT ${maximumListed}`);
  const insert = database.prepare(`
    INSERT INTO demo_notes (id, text, created_at, user_id, registration_id)
    VALUES (@id, @text, @createdAt, @userId, @registrationId)`);
  const remove = database.prepare(`DELETE FROM demo_notes WHERE id = @id AND ${owned}`);

  return {
    /** Newest first. */
    list: (owner: Owner): Note[] => list.all(parameters(owner)),

    create(text: string, author: { userId: string } | { registrationId: string }): Note {
      const registrationId = "registrationId" in author ? author.registrationId : null;
      const userId = "userId" in author ? author.userId : null;
      const note = {
        id: `note_${randomBytes(12).toString("hex")}`,
        text,
        createdAt: new Date().toISOString(),
        registrationId,
      };
      insert.run({ ...note, userId });
      return note;
    },

    /** False when there is no such note, or it is somebody else's: both look the same. */
    remove: (id: string, owner: Owner): boolean => remove.run({ id, ...parameters(owner) }).changes === 1,
  };
}

/** The text when it can be a note, else what is wrong with it. */
export function parseText(value: unknown): { text: string } | { problem: string } {
  const problem = `text must be a string of 1 to ${maximumTextLength} characters`;
  if (typeof value !== "string" || value.trim() === "" || [...value].length > maximumTextLength)
    return { problem };
  return { text: value };
}
