/** Owns revoking, suspending or resuming everything a filter finds: what it would reach, a typed word, then a job. */
import { amountOf, isStillMeant, numberOf, phraseOf, type Reach, reachOf } from "../bulk-reach.js";
import { actionOf, type Call, doneReply, noticeReply, pageReply } from "../call.js";
import { changedMeanwhile, confirmationProblems, confirmationReply, type Problem } from "../confirmation.js";
import {
  filterParts,
  filterQuery,
  ignoredParts,
  isEmptyFilter,
  parseFilter,
} from "../registration-filter.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { JobAction, RegistrationFilter } from "../surface.js";
import type { Block, Field } from "../views/page.js";
import { bulkWords, jobSteps } from "../views/texts-changes-en.js";
import { jobWords } from "../views/texts-en.js";
import { moment, words } from "../views/words.js";

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
      title: `${verb} what, exactly?`,
      current: "registrations",
      blocks: [
        {
          kind: "empty",
          heading: "Filter first",
          paragraphs: [
            words(
              "This acts on everything a filter finds, so it needs one. To stop everything at once there is Incident.",
            ),
          ],
          links: [{ label: "Go to registrations", href: call.link("/registrations"), tone: "primary" }],
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
  const trail = [{ label: "Registrations", href: back }];
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
  const hidden = Object.entries({ ...query, seen: typed, seen_at: String(call.now) }).map(
    ([name, value]): Field => ({ type: "hidden", name, value }),
  );
  return confirmationReply(call, {
    title: `${verb} ${amountOf(reach)}`,
    current: "registrations",
    trail,
    path: `/bulk/${action}`,
    about: [...about, sample(call, reach)],
    consequences: [...bulkWords[action], ...jobSteps].map(words),
    fields: hidden,
    typed,
    submit: `${verb} ${numberOf(reach)}`,
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
      title: `Nothing to ${action}`,
      current: "registrations",
      trail: page.trail,
      blocks: [
        ...page.about,
        {
          kind: "empty",
          heading: `The filter finds nothing to ${action}`,
          paragraphs: [words("Nothing was changed, and there is nothing to change.")],
          links: [{ label: "Back to registrations", href: page.back, tone: "quiet" }],
        },
      ],
    },
    page.status,
  );
}

function sample(call: Call, reach: Reach): Block {
  const { newest } = reach;
  const isAll = reach.bound === "exact" && newest.length === reach.count;
  const some = newest.length === 0 ? "None is among the newest." : `The newest ${newest.length} of them:`;
  return {
    kind: "section",
    id: "reach",
    heading: amountOf(reach).replace(/^./, (letter) => letter.toUpperCase()),
    intro: words(isAll ? "All of them:" : some),
    blocks: [
      {
        kind: "table",
        caption: "Registrations this would change",
        columns: [
          { label: "Agent" },
          { label: "Id" },
          { label: "Status" },
          { label: "On behalf of" },
          { label: "Created" },
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

export async function submitBulk(call: Call): Promise<Reply> {
  const action = actionNamed(call);
  if (action === null) return noticeReply(call, "not_found");
  const filter = parseFilter({ get: (name) => call.form.text(name) || null });
  if (isEmptyFilter(filter)) return withoutFilter(call, action);
  const seen = call.form.text("seen");
  const seenAt = /^\d{1,12}$/.test(call.form.text("seen_at")) ? Number(call.form.text("seen_at")) : null;
  const then = seenAt === null ? null : await reachOf(call, action, asSeen(filter, seenAt));
  const isMeant = then !== null && isStillMeant(action, seen, then);
  const reach = isMeant ? then : await reachOf(call, action, filter);
  const problems = isMeant
    ? confirmationProblems(call, seen)
    : [
        changedMeanwhile(
          "What the filter finds has changed since you opened this form. Nothing was done yet.",
        ),
      ];
  if (problems.length > 0) return page(call, action, filter, reach, problems);
  const job = await call.surface.startJob({
    action,
    filter,
    includeNew: false,
    seenAt: seenAt ?? undefined,
    operator: actionOf(call, call.form.text("reason")),
  });
  return doneReply(call, `/jobs/${encodeURIComponent(job.id)}`, "job_started");
}
