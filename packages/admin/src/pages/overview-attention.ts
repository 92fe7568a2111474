/** Owns what the overview says needs a look, each with the way to the place to act. Nothing in it counts rows of a table. */
import { type Call, may } from "../call.js";
import type { Attention, ProviderView, SigningKey } from "../surface.js";
import type { Block } from "../views/page.js";
import { attentionWords as texts } from "../views/texts-attention-en.js";
import { type Inline, link, type Tone, words } from "../views/words.js";
import { stalledSeconds } from "./jobs.js";

/** Days that locked claims and rejected events are told of. */
const days = 7;
/** A signing key is worth replacing after half a year: whoever has taken a copy has had it long enough. */
const oldKeyDays = 180;
/** A suspension is meant to end: after a month somebody has forgotten it. */
const longSuspensionDays = 30;
const daySeconds = 86_400;
/** The store counts rows up to here. */
const mostCounted = 1000;

interface Finding {
  tone: Tone;
  text: Inline;
}

/** The section, with what was found; says so, too, when that is nothing. */
export async function attention(call: Call, providers: ProviderView[]): Promise<Block> {
  const { now } = call;
  const [found, keys] = await Promise.all([
    call.queries.attention({
      days,
      suspendedBefore: now - longSuspensionDays * daySeconds,
      stalledBefore: now - stalledSeconds,
      now,
    }),
    call.surface.listKeys(),
  ]);
  const findings = [
    ...unreachableKeys(call, providers),
    ...jobs(call, found),
    ...(await rejectedEvents(call, found, providers)),
    ...forgotten(call, found),
    ...oldKey(call, keys),
  ];
  const blocks: Block[] = findings.map((finding) => ({ kind: "notice", ...finding }));
  const allClear: Block = { kind: "notice", tone: "good", text: words(texts.allClear) };
  const links = may(call, "admin")
    ? [{ label: texts.incident, href: call.link("/incident"), tone: "quiet" as const }]
    : [];
  return {
    kind: "section",
    id: "attention",
    heading: texts.heading,
    blocks: blocks.length === 0 ? [allClear] : blocks,
    links,
  };
}

const amountOf = (number: number) => ({ number, isAtLeast: number >= mostCounted });

function providerLink(call: Call, { provider }: ProviderView): Inline {
  return link(call.link("/providers/view", { issuer: provider.issuer }), provider.name);
}

function unreachableKeys(call: Call, providers: ProviderView[]): Finding[] {
  return providers.flatMap((entry) =>
    entry.fetchFailure === null || entry.provider.disabledAt !== null
      ? []
      : [
          {
            tone: "bad" as const,
            text: texts.unreachable(providerLink(call, entry), entry.fetchFailure, entry.keys.length > 0),
          },
        ],
  );
}

function jobs(call: Call, { openJobs, stalledJobs }: Attention): Finding[] {
  const moving = openJobs - stalledJobs;
  const at = (label: string) => link(call.link("/jobs"), label);
  const stalled = texts.stalled(amountOf(stalledJobs), stalledSeconds, at(texts.see.which));
  const running = texts.running(amountOf(moving), at(texts.see.progress));
  return [
    ...(stalledJobs > 0 ? [{ tone: "bad" as const, text: stalled }] : []),
    ...(moving > 0 ? [{ tone: "accent" as const, text: running }] : []),
  ];
}

/** By provider, where it is one that is trusted still: what it took back may go on here. */
async function rejectedEvents(
  call: Call,
  { rejectedEvents: total }: Attention,
  providers: ProviderView[],
): Promise<Finding[]> {
  if (total === 0) return [];
  const counts = await Promise.all(
    providers.map(async (entry) => {
      const { issuer } = entry.provider;
      const { events } = await call.queries.providerCounts({ issuer, days, now: call.now });
      return { entry, rejected: events.refused.reduce((sum, row) => sum + row.count, 0) };
    }),
  );
  const why = link(auditOf(call, "event.rejected"), texts.see.why);
  return counts
    .filter(({ rejected }) => rejected > 0)
    .map(({ entry, rejected }) => ({
      tone: "attention",
      text: texts.rejected(rejected, providerLink(call, entry), days, why),
    }));
}

function auditOf(call: Call, type: string): string {
  const from = new Date((call.now - (days - 1) * daySeconds) * 1000).toISOString().slice(0, 10);
  return call.link("/audit", { type, from });
}

/** What waits until somebody looks. */
function forgotten(call: Call, { failedMails, lockedClaims, longSuspended }: Attention): Finding[] {
  const { see } = texts;
  const mail = link(call.link("/mail", { state: "failed" }), see.which);
  const claims = link(auditOf(call, "claim.locked"), see.which);
  const agents = link(call.link("/registrations", { status: "suspended", order: "oldest" }), see.suspended);
  const findings: [number, Inline][] = [
    [failedMails, texts.failedMail(amountOf(failedMails), mail)],
    [lockedClaims, texts.locked(lockedClaims, days, claims)],
    [longSuspended, texts.suspended(amountOf(longSuspended), longSuspensionDays, agents)],
  ];
  return findings.flatMap(([number, text]) => (number === 0 ? [] : [{ tone: "attention", text }]));
}

/** Of the key that signs now. One that is published already is about to take over. */
function oldKey(call: Call, keys: SigningKey[]): Finding[] {
  const newest = keys[0];
  if (newest === undefined || newest.signsFrom > call.now) return [];
  const age = Math.floor((call.now - newest.signsFrom) / daySeconds);
  if (age < oldKeyDays) return [];
  const place = may(call, "admin")
    ? link(call.link("/keys/rotate"), texts.see.rotate)
    : link(call.link("/keys"), texts.see.keys);
  return [{ tone: "attention", text: texts.oldKey(age, oldKeyDays, place) }];
}
