/** Owns the overview: how many agents there are, how things went for 30 days, and what needs a look. */
import { type Call, may, pageReply } from "../call.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { Kind, Overview, ProviderView } from "../surface.js";
import type { Block, Card, TableBlock } from "../views/page.js";
import { kindWords } from "../views/texts-en.js";
import { code, count, type Inline, link, muted, plural, say, words } from "../views/words.js";
import { dailyChart } from "./overview-chart.js";

const days = 30;

export async function showOverview(call: Call): Promise<Reply> {
  const [overview, providers, jobs] = await Promise.all([
    call.queries.overview({ days, now: call.now }),
    call.surface.listProviders(),
    call.surface.listJobs(),
  ]);
  const running = jobs.filter(({ finishedAt }) => finishedAt === null).length;
  const total = Object.values(overview.byStatus).reduce((sum, number) => sum + number, 0);
  const message = shown.messageOf(call);
  const head = {
    title: "Overview",
    current: "overview" as const,
    lead: words(`Agents at ${call.surface.serviceName}. Days are UTC.`),
    message,
  };
  if (total === 0 && overview.perDay.every(({ registrations }) => registrations === 0))
    return pageReply({
      ...head,
      blocks: [shown.firstAgent(call), ...attention(call, overview, providers, running)],
    });
  return pageReply({
    ...head,
    blocks: [
      { kind: "cards", cards: cards(call, overview) },
      {
        kind: "columns",
        main: [
          section("activity", "Registrations and claims, last 30 days", [dailyChart(overview.perDay)]),
          section("failures", "Refusals and failures, last 30 days", [failures(overview)]),
        ],
        aside: [
          ...attention(call, overview, providers, running),
          section("kinds", "By kind", [kinds(call, overview)]),
          section("scopes", "Scopes granted most", [topScopes(call, overview)]),
        ],
      },
    ],
  });
}

function section(id: string, heading: string, blocks: Block[]): Block {
  return { kind: "section", id, heading, blocks };
}

function cards(call: Call, { byStatus, activeTokens, perDay }: Overview): Card[] {
  const of = (status: keyof Overview["byStatus"]) => byStatus[status] ?? 0;
  const list = (status: string) => call.link("/registrations", { status });
  const card = (label: string, number: number, href: string | null, note: Inline | null = null): Card => ({
    label,
    value: count(number),
    note,
    href,
    tone: null,
  });
  const today = perDay.at(-1);
  const newToday = say`${{ words: count(today?.registrations ?? 0) }} registered today`;
  const claimedToday = say`${{ words: count(today?.claims ?? 0) }} today`;
  return [
    card("Claimed", of("claimed"), list("claimed"), claimedToday),
    card("Waiting for a person", of("pending_claim"), list("pending_claim"), words("Asked, not answered")),
    card("Unclaimed", of("unclaimed"), list("unclaimed"), newToday),
    {
      ...card("Suspended", of("suspended"), list("suspended")),
      tone: of("suspended") > 0 ? "attention" : null,
    },
    card("Revoked", of("revoked"), list("revoked"), say`${{ words: count(today?.revocations ?? 0) }} today`),
    {
      ...card("Active tokens", activeTokens.count, null, words("Good right now")),
      value: activeTokens.isMore ? `${count(activeTokens.count)}+` : count(activeTokens.count),
    },
  ];
}

const what = { event: "Provider event", id_jag: "ID-JAG", mail: "Mail" } as const;

function failures({ failures: found }: Overview): Block {
  if (found.length === 0)
    return { kind: "text", paragraphs: [muted("None. Everything that came in was good.")] };
  const most = Math.max(...found.map((row) => row.count));
  return {
    kind: "table",
    caption: "Refusals and failures by reason, most first",
    columns: [
      { label: "Reason" },
      { label: "What" },
      { label: "Times", isNumeric: true },
      { label: "Share" },
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
  return {
    kind: "table",
    caption: "Registrations by kind",
    columns: [{ label: "Kind" }, { label: "Registrations", isNumeric: true }],
    rows: (Object.keys(kindWords) as Kind[]).map((kind) => [
      link(call.link("/registrations", { kind }), kindWords[kind]),
      words(count(byKind[kind] ?? 0)),
    ]),
  };
}

function topScopes(call: Call, { topScopes: scopes }: Overview): Block {
  if (scopes.length === 0) return { kind: "text", paragraphs: [muted("Nothing is granted to anybody.")] };
  return {
    kind: "table",
    caption: "Scopes by how many registrations are granted them",
    columns: [{ label: "Scope" }, { label: "Registrations", isNumeric: true }],
    rows: scopes.map(({ scope, count: number }) => [
      link(call.link("/registrations", { scope }), scope),
      words(count(number)),
    ]),
  };
}

/** What an operator should look at; says so, too, when that is nothing. */
function attention(call: Call, overview: Overview, providers: ProviderView[], running: number): Block[] {
  const found: Block[] = [];
  for (const { provider, fetchFailure } of providers) {
    if (fetchFailure === null || provider.disabledAt !== null) continue;
    const page = link(call.link("/providers/view", { issuer: provider.issuer }), provider.name);
    found.push({
      kind: "notice",
      tone: "bad",
      text: say`Keys of ${page} cannot be fetched: ${fetchFailure}. New agents from there are refused.`,
    });
  }
  const failedMails = overview.perDay.slice(-2).reduce((sum, day) => sum + day.mailFailures, 0);
  if (failedMails > 0)
    found.push({
      kind: "notice",
      tone: "attention",
      text: say`${{ words: plural(failedMails, "mail", "mails") }} could not be delivered since yesterday. ${link(call.link("/mail", { state: "failed" }), "See which")}`,
    });
  if (running > 0)
    found.push({
      kind: "notice",
      tone: "accent",
      text: say`${{ words: plural(running, "bulk job is", "bulk jobs are") }} running. ${link(call.link("/jobs"), "See how far")}`,
    });
  const suspended = overview.byStatus.suspended ?? 0;
  if (suspended > 0)
    found.push({
      kind: "notice",
      tone: "attention",
      text: say`${{ words: plural(suspended, "agent is", "agents are") }} suspended and will stay so until somebody decides. ${link(call.link("/registrations", { status: "suspended" }), "Decide")}`,
    });
  if (found.length === 0)
    found.push({
      kind: "notice",
      tone: "good",
      text: words("Nothing. All keys can be fetched, mail goes out, no job is open."),
    });
  const links = may(call, "admin")
    ? [{ label: "Incident…", href: call.link("/incident"), tone: "quiet" as const }]
    : [];
  return [{ kind: "section", id: "attention", heading: "Needs attention", blocks: found, links }];
}
