/** Owns the page of the settings in force. It can change none of them. */
import { type Call, pageReply } from "../call.js";
import type { Reply } from "../reply.js";
import type { Block } from "../views/page.js";
import { code, type Inline, words } from "../views/words.js";

/** `mail.from` belongs to `mail`; what has no dot stands under General. */
const groupOf = (path: string): string => /^([A-Za-z]+)[.[]/.exec(path)?.[1] ?? "General";

export function showSettings(call: Call): Reply {
  const groups = new Map<string, Inline[][]>();
  for (const { path, value } of call.surface.settings()) {
    const group = groupOf(path);
    const rows = groups.get(group) ?? [];
    rows.push([code(path), code(value)]);
    groups.set(group, rows);
  }
  const blocks = [...groups].map(
    ([group, rows]): Block => ({
      kind: "section",
      id: `settings-${group.toLowerCase()}`,
      heading:
        group === "General"
          ? group
          : group.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/^./, (c) => c.toUpperCase()),
      blocks: [
        {
          kind: "table",
          caption: `Settings: ${group}`,
          columns: [{ label: "Option" }, { label: "Value" }],
          rows,
        },
      ],
    }),
  );
  return pageReply({
    title: "Settings",
    current: "settings",
    lead: words(
      "The configuration in force, as the code that starts this service gave it. Secrets are left out.",
    ),
    blocks,
  });
}
