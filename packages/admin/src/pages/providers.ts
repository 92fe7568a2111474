/** Owns the list of trusted providers and the page of one: its policy, its keys, and how its agents fared. */
import { type Call, may, noticeReply, pageReply } from "../call.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { ProviderCounts, ProviderView } from "../surface.js";
import type { Block, Fact, LinkButton, TableBlock } from "../views/page.js";
import {
  badge,
  code,
  count,
  type Inline,
  link,
  moment,
  muted,
  plural,
  say,
  value,
  words,
} from "../views/words.js";

const days = 30;
/** Registrations of a provider are counted up to here. */
export const mostCounted = 1000;

function standing({ provider, fetchFailure, fetchedAt }: ProviderView): Inline {
  if (provider.disabledAt !== null) return badge("neutral", "Disabled");
  if (fetchFailure !== null) return badge("bad", "Keys unreachable");
  return fetchedAt === null ? badge("accent", "Not used yet") : badge("good", "Trusted");
}

const sourceOf = ({ provider }: ProviderView): Inline =>
  provider.source === "options" ? words("Configuration") : words("Dashboard");

export async function showProviders(call: Call): Promise<Reply> {
  const providers = await call.surface.listProviders();
  const add: LinkButton[] = may(call, "admin")
    ? [
        { label: "Try an ID-JAG", href: call.link("/workbench"), tone: "quiet" },
        { label: "Add a provider…", href: call.link("/providers/add"), tone: "primary" },
      ]
    : [];
  return pageReply({
    title: "Trusted providers",
    current: "providers",
    lead: words(
      "Who may vouch for people. A trusted provider can bring agents in for any of its people, so keep this list short.",
    ),
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
      text: say`This service takes no ID-JAGs, so agents of providers are refused. Add ${code("identity_assertion")} to ${code("identityTypes")} in its configuration, or give it ${code("trustedProviders")}, even an empty list.`,
    },
  ];
}

function empty(): Block {
  return {
    kind: "empty",
    heading: "No provider is trusted",
    paragraphs: [
      words(
        "Agents still come in by themselves or by an e-mail hint, and people claim them. Trust a provider to let its agents in for people it vouches for.",
      ),
      say`Add one here, or in the configuration as ${code("trustedProviders")}.`,
    ],
    links: [],
  };
}

function table(call: Call, providers: ProviderView[]): TableBlock {
  return {
    kind: "table",
    caption: "Trusted providers",
    columns: [
      { label: "Provider" },
      { label: "Standing" },
      { label: "Issuer" },
      { label: "Keys", isNumeric: true },
      { label: "Keys fetched" },
      { label: "From" },
    ],
    rows: providers.map((entry) => [
      link(call.link("/providers/view", { issuer: entry.provider.issuer }), entry.provider.name),
      standing(entry),
      code(entry.provider.issuer),
      words(count(entry.keys.length)),
      moment(entry.fetchedAt, "Never"),
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
    trail: [{ label: "Trusted providers", href: call.link("/providers") }],
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
              text: say`The last fetch of its keys failed: ${entry.fetchFailure}`,
            } as const,
          ]),
      {
        kind: "columns",
        main: [
          section("outcomes", `Taken and refused, last ${days} days`, outcomes(counts)),
          section("keys", "Keys", [keys(entry.keys)]),
        ],
        aside: [
          section("reach", "Reach", [
            {
              kind: "facts",
              facts: [{ label: "Registrations not revoked", value: impactLink(call, issuer, impact) }],
            },
          ]),
          section("policy", "Policy", [{ kind: "facts", facts: policy(entry) }]),
        ],
      },
    ],
  });
}

function section(id: string, heading: string, blocks: Block[]): Block {
  return { kind: "section", id, heading, blocks };
}

export function impactLink(call: Call, issuer: string, impact: number): Inline {
  const text = impact >= mostCounted ? `${count(impact)} or more` : count(impact);
  return link(call.link("/registrations", { issuer }), text);
}

function actions(call: Call, { provider }: ProviderView): LinkButton[] {
  if (!may(call, "admin")) return [];
  const isDisabled = provider.disabledAt !== null;
  const to = isDisabled ? "enable" : "disable";
  const { issuer } = provider;
  const change: LinkButton = {
    label: "Change policy…",
    href: call.link("/providers/edit", { issuer }),
    tone: "quiet",
  };
  const href = call.link(`/providers/switch/${to}`, { issuer });
  return [
    // What comes from the options is changed there.
    ...(provider.source === "database" ? [change] : []),
    { label: isDisabled ? "Enable…" : "Disable…", href, tone: isDisabled ? "quiet" : "danger" },
  ];
}

function outcomes({ idJags, events }: ProviderCounts): Block[] {
  const one = (what: string, { accepted, refused }: ProviderCounts["idJags"]): Inline[][] => [
    [words(what), badge("good", "Accepted"), words(count(accepted))],
    ...refused.map((row): Inline[] => [
      words(what),
      say`${badge("bad", "Refused")} ${code(row.reason)}`,
      words(count(row.count)),
    ]),
  ];
  return [
    {
      kind: "table",
      caption: "ID-JAGs and events by outcome",
      columns: [{ label: "What" }, { label: "Outcome" }, { label: "Times", isNumeric: true }],
      rows: [...one("ID-JAG", idJags), ...one("Event", events)],
    },
  ];
}

export function keys(found: ProviderView["keys"]): Block {
  if (found.length === 0)
    return {
      kind: "text",
      paragraphs: [muted("None are cached: they are fetched when they are first needed.")],
    };
  return {
    kind: "table",
    caption: "Keys",
    columns: [{ label: "Key id" }, { label: "Algorithm" }, { label: "Type" }],
    rows: found.map((key) => [
      code(key.kid, "Without id"),
      code(key.algorithm, "Any that fits"),
      words(key.kty),
    ]),
  };
}

function policy(entry: ProviderView): Fact[] {
  const { provider } = entry;
  const list = (values: readonly string[] | null, none: string): Inline =>
    values === null || values.length === 0 ? muted(none) : shown.scopeList(values);
  return [
    { label: "From", value: sourceOf(entry) },
    { label: "Keys at", value: provider.jwksUri === null ? muted("Discovered") : value(provider.jwksUri) },
    { label: "Keys fetched", value: moment(entry.fetchedAt, "Never by this process") },
    { label: "Algorithms", value: list(provider.algorithms, "Any") },
    { label: "Client ids besides the issuer", value: list(provider.clientIds, "None") },
    { label: "E-mail domains", value: list(provider.allowedEmailDomains, "Any") },
    { label: "Authentication methods demanded", value: list(provider.requiredAmr, "None") },
    { label: "People without an account", value: words(provider.jit ? "Get one" : "Are refused") },
    { label: "Scopes at most", value: list(provider.scopes, "Everything on offer") },
    { label: "Oldest sign-in", value: words(plural(provider.maxAuthAgeSeconds, "second", "seconds")) },
    ...(provider.disabledAt === null ? [] : [{ label: "Disabled", value: moment(provider.disabledAt) }]),
  ];
}
