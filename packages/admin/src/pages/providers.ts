/** Owns the list of trusted providers and the page of one: its policy, its keys, and how its agents fared. */
import { type Call, may, noticeReply, pageReply } from "../call.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { ProviderCounts, ProviderView } from "../surface.js";
import type { Block, Fact, LinkButton, TableBlock } from "../views/page.js";
import { providersPage as list, policyParts, providerPage as texts } from "../views/texts-providers-en.js";
import {
  badge,
  code,
  count,
  type Inline,
  link,
  moment,
  momentAgo,
  muted,
  say,
  value,
  words,
} from "../views/words.js";

const days = 30;
const { standings } = list;
/** A counter tells, so that this is no bound in practice. */
export const mostCounted = 1_000_000_000;

function standing({ provider, fetchFailure, fetchedAt }: ProviderView): Inline {
  if (provider.disabledAt !== null) return badge("neutral", standings.disabled);
  if (fetchFailure !== null) return badge("bad", standings.unreachable);
  return fetchedAt === null ? badge("accent", standings.unused) : badge("good", standings.trusted);
}

const sourceOf = ({ provider }: ProviderView): Inline => words(list.sources[provider.source]);

export async function showProviders(call: Call): Promise<Reply> {
  const providers = await call.surface.listProviders();
  const add: LinkButton[] = may(call, "admin")
    ? [
        { label: list.tryOne, href: call.link("/workbench"), tone: "quiet" },
        { label: list.add, href: call.link("/providers/add"), tone: "primary" },
      ]
    : [];
  return pageReply({
    title: list.title,
    current: "providers",
    lead: words(list.lead),
    actions: add,
    message: shown.messageOf(call),
    blocks: [...switchedOff(call), providers.length === 0 ? empty() : table(call, providers)],
  });
}

/** Trust alone lets nobody in where the service was told to take no ID-JAGs. */
export function switchedOff({ surface }: Call): Block[] {
  const taken = surface.settings().find(({ path }) => path === "identityTypes")?.value ?? "";
  if (taken.split(/[\s,]+/).includes("identity_assertion")) return [];
  return [
    {
      kind: "notice",
      tone: "attention",
      text: list.switchedOff(code("identity_assertion"), code("identityTypes"), code("trustedProviders")),
    },
  ];
}

function empty(): Block {
  return {
    kind: "empty",
    heading: list.empty.heading,
    paragraphs: [words(list.empty.text), list.empty.how(code("trustedProviders"))],
    links: [],
  };
}

function table(call: Call, providers: ProviderView[]): TableBlock {
  const { columns } = list;
  return {
    kind: "table",
    caption: list.title,
    columns: [
      { label: columns.provider },
      { label: columns.standing },
      { label: columns.issuer },
      { label: columns.keys, isNumeric: true },
      { label: columns.fetched },
      { label: columns.from },
    ],
    rows: providers.map((entry) => [
      link(call.link("/providers/view", { issuer: entry.provider.issuer }), entry.provider.name),
      standing(entry),
      code(entry.provider.issuer),
      words(count(entry.keys.length)),
      moment(entry.fetchedAt, list.never),
      sourceOf(entry),
    ]),
  };
}

export async function showProvider(call: Call): Promise<Reply> {
  const issuer = call.query.get("issuer") ?? "";
  const entry = await call.surface.findProvider(issuer);
  if (entry === null) return noticeReply(call, "unknown");
  const [counts, impact] = await Promise.all([
    call.queries.providerCounts({ issuer, days, now: call.now }),
    call.queries.countByIssuer(issuer, mostCounted),
  ]);
  return pageReply({
    title: entry.provider.name,
    current: "providers",
    trail: [{ label: list.title, href: call.link("/providers") }],
    lead: say`${standing(entry)} ${code(issuer)}`,
    actions: actions(call, entry),
    message: shown.messageOf(call),
    blocks: [
      ...(entry.fetchFailure === null
        ? []
        : [
            {
              kind: "notice",
              tone: "bad",
              text: texts.failed(entry.fetchFailure),
            } as const,
          ]),
      {
        kind: "columns",
        main: [
          section("outcomes", texts.outcomes.heading(days), outcomes(counts)),
          section("keys", texts.keys.heading, knownKeys(call, entry.keys)),
        ],
        aside: [
          section("reach", texts.reach.heading, [
            {
              kind: "facts",
              facts: [{ label: texts.reach.registrations, value: impactLink(call, issuer, impact) }],
            },
          ]),
          section("policy", texts.policy.heading, [{ kind: "facts", facts: policy(entry) }]),
        ],
      },
    ],
  });
}

function section(id: string, heading: string, blocks: Block[]): Block {
  return { kind: "section", id, heading, blocks };
}

export function impactLink(call: Call, issuer: string, impact: number): Inline {
  return link(call.link("/registrations", { issuer }), count(impact));
}

function actions(call: Call, { provider }: ProviderView): LinkButton[] {
  if (!may(call, "admin")) return [];
  const isDisabled = provider.disabledAt !== null;
  const to = isDisabled ? "enable" : "disable";
  const { issuer } = provider;
  const change: LinkButton = {
    label: texts.change,
    href: call.link("/providers/edit", { issuer }),
    tone: "quiet",
  };
  const href = call.link(`/providers/switch/${to}`, { issuer });
  return [
    // What comes from the options is changed there.
    ...(provider.source === "database" ? [change] : []),
    { label: isDisabled ? texts.enable : texts.disable, href, tone: isDisabled ? "quiet" : "danger" },
  ];
}

function outcomes({ idJags, events }: ProviderCounts): Block[] {
  const { columns } = texts.outcomes;
  const one = (what: string, { accepted, refused }: ProviderCounts["idJags"]): Inline[][] => [
    [words(what), badge("good", texts.outcomes.accepted), words(count(accepted))],
    ...refused.map((row): Inline[] => [
      words(what),
      say`${badge("bad", texts.outcomes.refused)} ${code(row.reason)}`,
      words(count(row.count)),
    ]),
  ];
  return [
    {
      kind: "table",
      caption: texts.outcomes.caption,
      columns: [
        { label: columns.what },
        { label: columns.outcome },
        { label: columns.times, isNumeric: true },
      ],
      rows: [...one(texts.outcomes.idJag, idJags), ...one(texts.outcomes.event, events)],
    },
  ];
}

type Keys = ProviderView["keys"];

/** Keys somebody publishes, whether trusted or not. */
export function keys(found: Keys): Block {
  return found.length === 0 ? noKeys : keyTable(found, [], () => []);
}

/** The same of a provider that is trusted, with how long each key has been there. */
function knownKeys({ now }: Call, found: Keys): Block[] {
  if (found.length === 0) return [noKeys];
  const { columns, firstSeen } = texts.keys;
  const table = keyTable(found, [{ label: columns.firstSeen }], (key) => [momentAgo(key.firstSeenAt, now)]);
  return [table, { kind: "text", paragraphs: [muted(firstSeen)] }];
}

const noKeys: Block = { kind: "text", paragraphs: [muted(texts.keys.none)] };

function keyTable(
  found: Keys,
  more: TableBlock["columns"],
  moreOf: (key: Keys[number]) => Inline[],
): TableBlock {
  const { columns, heading, noId, anyAlgorithm } = texts.keys;
  return {
    kind: "table",
    caption: heading,
    columns: [{ label: columns.kid }, { label: columns.algorithm }, { label: columns.type }, ...more],
    rows: found.map((key) => [
      ...[code(key.kid, noId), code(key.algorithm, anyAlgorithm), words(key.kty)],
      ...moreOf(key),
    ]),
  };
}

function policy(entry: ProviderView): Fact[] {
  const { provider } = entry;
  const { policy: own } = texts;
  const all = (values: readonly string[] | null, none: string): Inline =>
    values === null || values.length === 0 ? muted(none) : shown.scopeList(values);
  const place = provider.jwksUri === null ? muted(own.discovered) : value(provider.jwksUri);
  return [
    { label: own.from, value: sourceOf(entry) },
    { label: own.keysAt, value: place },
    { label: own.fetched, value: moment(entry.fetchedAt, own.neverHere) },
    { label: policyParts.algorithms, value: all(provider.algorithms, own.any) },
    { label: own.clientIds, value: all(provider.clientIds, own.none) },
    { label: policyParts.allowedEmailDomains, value: all(provider.allowedEmailDomains, own.any) },
    { label: own.required, value: all(provider.requiredAmr, own.none) },
    { label: policyParts.jit, value: words(provider.jit ? own.getOne : own.refused) },
    { label: policyParts.scopes, value: all(provider.scopes, own.everything) },
    { label: own.oldestSignIn, value: words(own.seconds(provider.maxAuthAgeSeconds)) },
    ...(provider.disabledAt === null ? [] : [{ label: own.disabled, value: moment(provider.disabledAt) }]),
  ];
}
