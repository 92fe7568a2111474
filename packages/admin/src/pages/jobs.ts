/** Owns the list of bulk jobs and the page of one: how far it is, and in the end exactly how many were changed. */
import { type Call, noticeReply, pageReply } from "../call.js";
import { filterParts, filterQuery } from "../registration-filter.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { Job } from "../surface.js";
import type { Block } from "../views/page.js";
import { jobWords } from "../views/texts-en.js";
import { badge, code, count, type Inline, link, moment, muted, say, value, words } from "../views/words.js";

const followSeconds = 5;
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
  if (job.finishedAt !== null) return badge("good", "Finished");
  return isStalled(job, all, now) ? badge("bad", "Stalled") : badge("accent", "Running");
}

function reachOf(job: Job): Inline {
  const parts = filterParts(job.filter);
  if (parts.length === 0) return words("Everything");
  return parts.flatMap(({ label, value: text }, index) => [
    ...(index === 0 ? [] : [{ kind: "words", text: ", " } as const]),
    { kind: "muted", text: `${label} ` } as const,
    { kind: "value", text } as const,
  ]);
}

export async function showJobs(call: Call): Promise<Reply> {
  const jobs = await call.surface.listJobs();
  const empty: Block = {
    kind: "empty",
    heading: "No bulk job yet",
    paragraphs: [
      words(
        "Filter the registrations, then revoke, suspend or resume all that match. Each such change is listed here, with who asked for it and how many it reached.",
      ),
    ],
    links: [{ label: "Go to registrations", href: call.link("/registrations"), tone: "quiet" }],
  };
  return pageReply({
    title: "Bulk jobs",
    current: "jobs",
    lead: words("Changes of many registrations at once, the newest first."),
    blocks: [
      jobs.length === 0
        ? empty
        : {
            kind: "table",
            caption: "Bulk jobs",
            columns: [
              { label: "Job" },
              { label: "State" },
              { label: "Reach" },
              { label: "Changed", isNumeric: true },
              { label: "Operator" },
              { label: "Started" },
            ],
            rows: jobs.map((job) => [
              link(call.link(`/jobs/${encodeURIComponent(job.id)}`), jobWords[job.action].noun),
              stateOf(job, jobs, call.now),
              reachOf(job),
              words(count(job.changed)),
              value(job.actor.id),
              moment(job.createdAt),
            ]),
          },
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
    text: words(
      "It has got no further for some minutes. It is tried again by itself, as long as a process of the service with background work is up; the log of the service says what stops it.",
    ),
  };
  const here = `/jobs/${encodeURIComponent(job.id)}`;
  const { noun, done } = jobWords[job.action];
  const isRunning = job.finishedAt === null;
  // Only on demand, so that nobody's page changes under them unasked.
  const isFollowed = isRunning && call.query.get("follow") === "1";
  const follow: Block = {
    kind: "actions",
    links: [
      { label: "Look again", href: call.link(here), tone: "primary" },
      isFollowed
        ? { label: "Stop refreshing", href: call.link(here), tone: "quiet" }
        : {
            label: `Refresh every ${followSeconds} seconds`,
            href: call.link(here, { follow: "1" }),
            tone: "quiet",
          },
    ],
  };
  return pageReply(
    {
      title: isRunning ? `${noun} under way` : `${noun} finished`,
      current: "jobs",
      trail: [{ label: "Bulk jobs", href: call.link("/jobs") }],
      lead: isRunning
        ? words("You can leave: it goes on in the background, and after a restart.")
        : say`Exactly ${{ words: count(job.changed) }} ${{ words: job.changed === 1 ? "registration was" : "registrations were" }} ${{ words: done }}.`,
      message: shown.messageOf(call),
      blocks: [
        ...(isStalled(job, others, call.now) ? [stalled] : []),
        {
          kind: "cards",
          cards: [
            { label: `Registrations ${done}`, value: count(job.changed), note: null, href: null, tone: null },
            {
              label: "Passes over the filter",
              value: count(job.passes),
              note: words("It is done when a pass changes nothing."),
              href: null,
              tone: null,
            },
            {
              label: isRunning
                ? `${done.replace(/^./, (letter) => letter.toUpperCase())} in this pass`
                : "State",
              value: isRunning ? count(job.changedInPass) : "Finished",
              note: isRunning ? null : moment(job.finishedAt),
              href: null,
              tone: isRunning ? null : "good",
            },
          ],
        },
        ...(isRunning ? [follow] : []),
        {
          kind: "section",
          id: "about",
          heading: "What was asked",
          blocks: [
            {
              kind: "facts",
              facts: [
                { label: "State", value: stateOf(job, others, call.now) },
                { label: "Reach", value: reachOf(job) },
                {
                  label: "Registrations made since",
                  value: words(job.createdBefore === null ? "Included" : "Left alone"),
                },
                ...(job.action === "revoke"
                  ? [{ label: "Links to providers cut", value: words(count(job.unlinked)) }]
                  : []),
                { label: "Operator", value: value(job.actor.id) },
                { label: "Reason", value: value(job.reason) },
                { label: "Started", value: moment(job.createdAt) },
                { label: "Last got further", value: moment(job.advancedAt) },
                {
                  label: "Finished",
                  value: job.finishedAt === null ? muted("Not yet") : moment(job.finishedAt),
                },
                { label: "Id", value: code(job.id) },
              ],
            },
            {
              kind: "actions",
              links: [
                {
                  label: "Show what the filter finds now",
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
