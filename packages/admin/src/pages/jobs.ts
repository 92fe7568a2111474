/** Owns the list of bulk jobs and the page of one: how far it is, and in the end exactly how many were changed. */
import { type Call, noticeReply, pageReply } from "../call.js";
import { registrationsTold } from "../filter-told.js";
import { filterQuery } from "../registration-filter.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { Job } from "../surface.js";
import type { Block } from "../views/page.js";
import { jobWords, sections } from "../views/texts-en.js";
import { jobPage as texts } from "../views/texts-jobs-en.js";
import { badge, code, count, type Inline, link, moment, muted, value, words } from "../views/words.js";

const followSeconds = 5;
/** What the service lists at most. */
const mostListed = 50;
/** A job that got no further for so long does not only take its time: a batch takes seconds. */
export const stalledSeconds = 300;

/**
 * Whether a job stands still: one that is held fails over and over, and one that is not held waits for nothing, unless
 * another one moves. The overview goes by the same rule.
 */
function isStalled(job: Job, all: readonly Job[], now: number): boolean {
  const moves = ({ advancedAt, finishedAt }: Job) =>
    finishedAt === null && advancedAt >= now - stalledSeconds;
  return job.finishedAt === null && !moves(job) && (job.leaseUntil !== null || !all.some(moves));
}

function stateOf(job: Job, all: readonly Job[], now: number): Inline {
  if (job.finishedAt !== null) return badge("good", texts.states.finished);
  return isStalled(job, all, now)
    ? badge("bad", texts.states.stalled)
    : badge("accent", texts.states.running);
}

export async function showJobs(call: Call): Promise<Reply> {
  const jobs = await call.surface.listJobs();
  const { columns } = texts;
  const empty: Block = {
    kind: "empty",
    heading: texts.empty.heading,
    paragraphs: [words(texts.empty.text)],
    links: [{ label: texts.empty.link, href: call.link("/registrations"), tone: "quiet" }],
  };
  const onlyNewest: Block = { kind: "text", paragraphs: [muted(texts.mostShown(mostListed))] };
  return pageReply({
    title: sections.jobs,
    current: "jobs",
    lead: words(texts.lead),
    blocks: [
      jobs.length === 0
        ? empty
        : {
            kind: "table",
            caption: sections.jobs,
            columns: [
              { label: columns.job },
              { label: columns.state },
              { label: columns.reach },
              { label: columns.changed, isNumeric: true },
              { label: columns.operator },
              { label: columns.started },
            ],
            rows: jobs.map((job) => [
              link(call.link(`/jobs/${encodeURIComponent(job.id)}`), jobWords[job.action].noun),
              stateOf(job, jobs, call.now),
              registrationsTold(job.filter),
              words(count(job.changed)),
              value(job.actor.id),
              moment(job.createdAt),
            ]),
          },
      ...(jobs.length < mostListed ? [] : [onlyNewest]),
    ],
  });
}

export async function showJob(call: Call): Promise<Reply> {
  const job = await call.surface.findJob(call.params.id as string);
  if (job === null) return noticeReply(call, "unknown");
  const others = job.finishedAt === null ? await call.surface.listJobs() : [];
  const stalled: Block = {
    kind: "notice",
    tone: "bad",
    text: words(texts.stalled),
  };
  const here = `/jobs/${encodeURIComponent(job.id)}`;
  const { noun, done } = jobWords[job.action];
  const { cards, facts } = texts;
  const isRunning = job.finishedAt === null;
  // It ends with its third pass, whatever that has found.
  const foundMore = !isRunning && job.changedInPass > 0;
  const more: Block = {
    kind: "notice",
    tone: "attention",
    text: words(texts.foundMore(job.changedInPass)),
  };
  // Only on demand, so that nobody's page changes under them unasked.
  const isFollowed = isRunning && call.query.get("follow") === "1";
  const follow: Block = {
    kind: "actions",
    links: [
      { label: texts.look, href: call.link(here), tone: "primary" },
      isFollowed
        ? { label: texts.stopFollowing, href: call.link(here), tone: "quiet" }
        : {
            label: texts.follow(followSeconds),
            href: call.link(here, { follow: "1" }),
            tone: "quiet",
          },
    ],
  };
  return pageReply(
    {
      title: isRunning ? texts.underWay(noun) : texts.isFinished(noun),
      current: "jobs",
      trail: [{ label: sections.jobs, href: call.link("/jobs") }],
      lead: isRunning ? words(texts.canLeave) : texts.exactly(job.changed, done),
      message: shown.messageOf(call),
      blocks: [
        ...(isStalled(job, others, call.now) ? [stalled] : []),
        ...(foundMore ? [more] : []),
        {
          kind: "cards",
          cards: [
            { label: cards.changed(done), value: count(job.changed), note: null, href: null, tone: null },
            {
              label: cards.passes,
              value: count(job.passes),
              note: words(cards.passesNote),
              href: null,
              tone: null,
            },
            {
              label: isRunning ? cards.inPass(done) : cards.state,
              value: isRunning ? count(job.changedInPass) : texts.states.finished,
              note: isRunning ? null : moment(job.finishedAt),
              href: null,
              tone: isRunning ? null : foundMore ? "attention" : "good",
            },
          ],
        },
        ...(isRunning ? [follow] : []),
        {
          kind: "section",
          id: "about",
          heading: texts.about,
          blocks: [
            {
              kind: "facts",
              facts: [
                { label: facts.state, value: stateOf(job, others, call.now) },
                { label: facts.reach, value: registrationsTold(job.filter) },
                {
                  label: facts.since,
                  value: words(job.createdBefore === null ? facts.included : facts.leftAlone),
                },
                ...(job.action === "revoke"
                  ? [{ label: facts.unlinked, value: words(count(job.unlinked)) }]
                  : []),
                { label: facts.operator, value: value(job.actor.id) },
                { label: facts.reason, value: value(job.reason) },
                { label: facts.started, value: moment(job.createdAt) },
                { label: facts.advanced, value: moment(job.advancedAt) },
                {
                  label: facts.finished,
                  value: job.finishedAt === null ? muted(facts.notYet) : moment(job.finishedAt),
                },
                { label: facts.id, value: code(job.id) },
              ],
            },
            {
              kind: "actions",
              links: [
                {
                  label: texts.findsNow,
                  href: call.link("/registrations", filterQuery(job.filter)),
                  tone: "quiet",
                },
              ],
            },
          ],
        },
      ],
    },
    200,
    isFollowed ? { Refresh: `${followSeconds}; url=${call.link(here, { follow: "1" })}` } : {},
  );
}
