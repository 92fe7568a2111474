/** Owns revoking, suspending or resuming everything a filter finds: what it would reach, a typed word, then a job. */
import { amountOf, isStillMeant, numberOf, phraseOf, type Reach, reachOf } from "../bulk-reach.js";
import { actionOf, type Call, doneReply, noticeReply, pageReply } from "../call.js";
import {
  changedMeanwhile,
  confirmationProblems,
  confirmationReply,
  onceField,
  onceOf,
  type Problem,
} from "../confirmation.js";
import {
  filterParts,
  filterQuery,
  ignoredParts,
  isEmptyFilter,
  parseFilter,
} from "../registration-filter.js";
import type { Reply } from "../reply.js";
import type { Job, JobAction, RegistrationFilter } from "../surface.js";
import type { Block, Field } from "../views/page.js";
import { bulkWords, jobSteps, revocationMail } from "../views/texts-changes-en.js";
import { jobWords, sections } from "../views/texts-en.js";
import { bulkPage as texts } from "../views/texts-jobs-en.js";
import { words } from "../views/words.js";
import { sample } from "./bulk-sample.js";

function actionNamed(call: Call): JobAction | null {
  const name = call.params.action as string;
  return Object.hasOwn(bulkWords, name) ? (name as JobAction) : null;
}

export async function showBulk(call: Call): Promise<Reply> {
  const action = actionNamed(call);
  if (action === null) return noticeReply(call, "not_found");
  const filter = parseFilter(call.query);
  // A part that means nothing must not widen what is about to be changed.
  if (isEmptyFilter(filter) || ignoredParts(call.query).length > 0) return withoutFilter(call, action);
  return page(call, action, filter, await reachOf(call, action, filter), []);
}

/** What was there when the operator looked: whoever registered since is not what they mean. */
function asSeen(filter: RegistrationFilter, seenAt: number): RegistrationFilter {
  return { ...filter, createdBefore: Math.min(filter.createdBefore ?? seenAt + 1, seenAt + 1) };
}

function withoutFilter(call: Call, action: JobAction): Reply {
  const { verb } = jobWords[action];
  return pageReply(
    {
      title: texts.withoutFilter.title(verb),
      current: "registrations",
      blocks: [
        {
          kind: "empty",
          heading: texts.withoutFilter.heading,
          paragraphs: [words(texts.withoutFilter.text)],
          links: [{ label: texts.withoutFilter.link, href: call.link("/registrations"), tone: "primary" }],
        },
      ],
    },
    422,
  );
}

function page(
  call: Call,
  action: JobAction,
  filter: RegistrationFilter,
  reach: Reach,
  problems: Problem[],
): Reply {
  const { verb } = jobWords[action];
  const query = filterQuery(filter);
  const back = call.link("/registrations", query);
  const trail = [{ label: sections.registrations, href: back }];
  const parts = filterParts(filter);
  const about: Block[] = [
    {
      kind: "facts",
      facts: parts.map(({ label, value }) => ({ label, value: [{ kind: "value", text: value }] })),
    },
  ];
  if (reach.count === 0 && reach.bound === "exact")
    return nothing(action, { trail, about, back, status: problems.length > 0 ? 409 : 200 });
  const typed = phraseOf(action, reach);
  const mailed = action === "revoke" && call.surface.hasMail ? [revocationMail.many] : [];
  const hidden = Object.entries({ ...query, seen: typed, seen_at: String(call.now) }).map(
    ([name, value]): Field => ({ type: "hidden", name, value }),
  );
  return confirmationReply(call, {
    title: texts.title(verb, amountOf(reach)),
    current: "registrations",
    trail,
    path: `/bulk/${action}`,
    about: [...about, sample(call, reach)],
    consequences: [...bulkWords[action], ...mailed, ...jobSteps].map(words),
    fields: [...hidden, onceField()],
    typed,
    submit: texts.title(verb, numberOf(reach)),
    tone: action === "resume" ? "primary" : "danger",
    cancelHref: back,
    problems,
    ...(problems.some(({ field }) => field === null) ? { status: 409 } : {}),
  });
}

function nothing(
  action: JobAction,
  page: { trail: { label: string; href: string }[]; about: Block[]; back: string; status: number },
): Reply {
  return pageReply(
    {
      title: texts.nothing.title(action),
      current: "registrations",
      trail: page.trail,
      blocks: [
        ...page.about,
        {
          kind: "empty",
          heading: texts.nothing.heading(action),
          paragraphs: [words(texts.nothing.text)],
          links: [{ label: texts.nothing.link, href: page.back, tone: "quiet" }],
        },
      ],
    },
    page.status,
  );
}

export async function submitBulk(call: Call): Promise<Reply> {
  const action = actionNamed(call);
  if (action === null) return noticeReply(call, "not_found");
  const filter = parseFilter({ get: (name) => call.form.text(name) || null });
  if (isEmptyFilter(filter)) return withoutFilter(call, action);
  const seenAt = /^\d{1,12}$/.test(call.form.text("seen_at")) ? Number(call.form.text("seen_at")) : null;
  const request = {
    action,
    filter,
    includeNew: false,
    seenAt: seenAt ?? undefined,
    idempotencyKey: onceOf(call),
    operator: actionOf(call, call.form.text("reason")),
  };
  // A second press of the same form: what it was about may be gone by now, because the first one did it.
  const started = await call.surface.findStartedJob(request);
  if (started !== null) return showJob(call, started);
  const seen = call.form.text("seen");
  const then = seenAt === null ? null : await reachOf(call, action, asSeen(filter, seenAt));
  const wasMeant = then !== null && isStillMeant(action, seen, then);
  const reach = wasMeant ? then : await reachOf(call, action, filter);
  // What is too much to be counted as it was seen may be what a counter told, and tells now.
  const isMeant = wasMeant || (then?.bound === "more" && isStillMeant(action, seen, reach));
  const problems = isMeant ? confirmationProblems(call, seen) : [changedMeanwhile(texts.changed)];
  if (problems.length > 0) return page(call, action, filter, reach, problems);
  return showJob(call, await call.surface.startJob(request));
}

const showJob = (call: Call, job: Job): Reply =>
  doneReply(call, `/jobs/${encodeURIComponent(job.id)}`, "job_started");
