/** Owns what is shown of the registrations a change of many would reach: how many they are, and the newest. */
import { amountOf, type Reach } from "../bulk-reach.js";
import type { Call } from "../call.js";
import * as shown from "../shown.js";
import type { Block } from "../views/page.js";
import { bulkPage as texts } from "../views/texts-jobs-en.js";
import { moment, words } from "../views/words.js";

/** The newest of what would be changed. */
export function sample(call: Call, reach: Reach): Block {
  const { newest } = reach;
  const isAll = reach.bound === "exact" && newest.length === reach.count;
  const some = newest.length === 0 ? texts.noneOfTheNewest : texts.newest(newest.length);
  const { columns } = texts;
  return {
    kind: "section",
    id: "reach",
    heading: amountOf(reach).replace(/^./, (letter) => letter.toUpperCase()),
    intro: words(isAll ? texts.all : some),
    blocks: [
      {
        kind: "table",
        caption: texts.caption,
        columns: [
          { label: columns.agent },
          { label: columns.id },
          { label: columns.status },
          { label: columns.user },
          { label: columns.created },
        ],
        rows: newest.map((row) => [
          shown.agentName(row),
          shown.registrationLink(call, row.id),
          shown.statusBadge(shown.statusOf(row, call.now)),
          shown.userLink(call, row.userId),
          moment(row.createdAt),
        ]),
      },
    ],
  };
}
