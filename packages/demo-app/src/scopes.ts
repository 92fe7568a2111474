/** Owns what the demo's API can be asked for, in the words people read when they approve it. */
export const scopes: Record<string, string> = {
  "api.read": "Read your notes",
  "api.write": "Write and delete your notes",
};
