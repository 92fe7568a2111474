/** Owns the page of the settings in force. It can change none of them. */
import { type Call, pageReply } from "../call.js";
import type { Reply } from "../reply.js";
import type { Block } from "../views/page.js";
import { sections } from "../views/texts-en.js";
import { settingsWords as texts } from "../views/texts-operations-en.js";
import { code, type Inline, words } from "../views/words.js";

/** `mail.from` belongs to `mail`; what has no dot stands under the general ones. */
const groupOf = (path: string): string => /^([A-Za-z]+)[.[]/.exec(path)?.[1] ?? texts.general;

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
        group === texts.general
          ? group
          : group.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/^./, (c) => c.toUpperCase()),
      blocks: [
        {
          kind: "table",
          caption: texts.caption(group),
          columns: [{ label: texts.columns.option }, { label: texts.columns.value }],
          rows,
        },
      ],
    }),
  );
  return pageReply({
    title: sections.settings,
    current: "settings",
    lead: words(texts.lead),
    blocks,
  });
}
