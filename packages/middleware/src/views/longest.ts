/** Owns how much of a stranger's text a page shows: characters of each kind of text. */
export const longest = { name: 120, email: 254, software: 200, description: 500 } as const;
