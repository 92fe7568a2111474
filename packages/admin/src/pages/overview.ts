/** Owns the overview: how many agents there are, how things went for 30 days, and what needs a look. */
import { type Call, pageReply } from "../call.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { Kind, Overview, Status } from "../surface.js";
import type { Block, Card, TableBlock } from "../views/page.js";
import { kindWords, sections } from "../views/texts-en.js";
import { overviewWords as texts } from "../views/texts-overview-en.js";
import { code, count, type Inline, link, muted, words } from "../views/words.js";
import { attention } from "./overview-attention.js";
import { dailyChart } from "./overview-chart.js";

const days = 30;

export async function showOverview(call: Call): Promise<Reply> {
  const [overview, providers] = await Promise.all([
    call.queries.overview({ days, now: call.now }),
    call.surface.listProviders(),
  ]);
  const look = await attention(call, providers);
  const total = Object.values(overview.byStatus).reduce((sum, number) => sum + number, 0);
  const message = shown.messageOf(call);
  const head = {
    title: sections.overview,
    current: "overview" as const,
    lead: words(texts.lead(call.surface.serviceName)),
    message,
  };
  if (total === 0 && overview.perDay.every(({ registrations }) => registrations === 0))
    return pageReply({
      ...head,
      blocks: [shown.firstAgent(call), look],
    });
  return pageReply({
    ...head,
    blocks: [
      ...cards(call, overview),
      ...uncounted(overview),
      look,
      {
        kind: "columns",
        main: [
          section("activity", texts.activity, [dailyChart(overview.perDay)]),
          section("failures", texts.failures.heading, [failures(overview)]),
        ],
        aside: [
          section("kinds", texts.kinds.heading, [kinds(call, overview)]),
          section("scopes", texts.scopes.heading, [topScopes(call, overview)]),
        ],
      },
    ],
  });
}

function section(id: string, heading: string, blocks: Block[]): Block {
  return { kind: "section", id, heading, blocks };
}

/** What may act or still may become able to, and below it what may not. */
function cards(call: Call, { byStatus, statusIsMore, activeTokens, perDay }: Overview): Block[] {
  const amount = (number: number, isMore: boolean) => `${count(number)}${isMore ? "+" : ""}`;
  const card = (status: Status, label: string, note: Inline | null = null, isMore = false): Card => ({
    label,
    value: amount(byStatus[status] ?? 0, isMore),
    note,
    href: call.link("/registrations", { status }),
    tone: null,
  });
  const today = perDay.at(-1);
  const { claimed, waiting, unclaimed, suspended, ended, expired, revoked, tokens } = texts.cards;
  const living: Card[] = [
    card("claimed", claimed.label, claimed.note(today?.claims ?? 0)),
    card("pending_claim", waiting.label, words(waiting.note)),
    card("unclaimed", unclaimed.label, unclaimed.note(today?.registrations ?? 0)),
    {
      label: tokens.label,
      value: amount(activeTokens.count, activeTokens.isMore),
      note: words(tokens.note),
      href: null,
      tone: null,
    },
  ];
  const isAnySuspended = (byStatus.suspended ?? 0) > 0;
  const stopped: Card[] = [
    { ...card("suspended", suspended.label), tone: isAnySuspended ? "attention" : null },
    card("ended", ended.label, words(ended.note), statusIsMore.ended),
    card("expired", expired.label, words(expired.note), statusIsMore.expired),
    card("revoked", revoked.label, revoked.note(today?.revocations ?? 0)),
  ];
  return [
    { kind: "cards", cards: living },
    { kind: "cards", cards: stopped },
  ];
}

/** Where the store did not look at all that time may have changed, the cards say less than the lists do. */
function uncounted({ statusIsMore: { ended, expired } }: Overview): Block[] {
  return ended || expired ? [{ kind: "text", paragraphs: [muted(texts.uncounted)] }] : [];
}

function failures({ failures: found }: Overview): Block {
  const { none, caption, columns, what } = texts.failures;
  if (found.length === 0) return { kind: "text", paragraphs: [muted(none)] };
  const most = Math.max(...found.map((row) => row.count));
  return {
    kind: "table",
    caption,
    columns: [
      { label: columns.reason },
      { label: columns.what },
      { label: columns.times, isNumeric: true },
      { label: columns.share },
    ],
    rows: found.map((row) => [
      code(row.reason),
      words(what[row.what]),
      words(count(row.count)),
      [{ kind: "bar", percent: Math.max(2, Math.round((row.count / most) * 100)) }],
    ]),
  };
}

function kinds(call: Call, { byKind }: Overview): TableBlock {
  const { caption, columns } = texts.kinds;
  return {
    kind: "table",
    caption,
    columns: [{ label: columns.kind }, { label: columns.registrations, isNumeric: true }],
    rows: (Object.keys(kindWords) as Kind[]).map((kind) => [
      link(call.link("/registrations", { kind }), kindWords[kind]),
      words(count(byKind[kind] ?? 0)),
    ]),
  };
}

function topScopes(call: Call, { topScopes: scopes }: Overview): Block {
  const { none, caption, columns } = texts.scopes;
  if (scopes.length === 0) return { kind: "text", paragraphs: [muted(none)] };
  return {
    kind: "table",
    caption,
    columns: [{ label: columns.scope }, { label: columns.registrations, isNumeric: true }],
    rows: scopes.map(({ scope, count: number }) => [
      link(call.link("/registrations", { scope }), scope),
      words(count(number)),
    ]),
  };
}
