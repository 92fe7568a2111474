/** Owns revoking, suspending or resuming everything a filter finds: what it would reach, a typed word, then a job. */
import { actionOf, type Call, doneReply, noticeReply, pageReply } from "../call.js";
import { changedMeanwhile, confirmationProblems, confirmationReply, type Problem } from "../confirmation.js";
import { filterParts, filterQuery, isEmptyFilter, parseFilter } from "../registration-filter.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { JobAction, Registration, RegistrationFilter } from "../surface.js";
import type { Block, Field } from "../views/page.js";
import { bulkWords, jobSteps } from "../views/texts-changes-en.js";
import { jobWords } from "../views/texts-en.js";
import { moment, plural, words } from "../views/words.js";

const mostCounted = 500;
const rowsShown = 10;

interface Reach {
  rows: Registration[];
  /** There are, or may be, more than those. */
  isMore: boolean;
}

async function reachOf(call: Call, filter: RegistrationFilter): Promise<Reach> {
  const { rows, next } = await call.queries.listRegistrations({
    filter,
    sort: "created",
    direction: "newest",
    after: null,
    limit: mostCounted,
    now: call.now,
  });
  return { rows, isMore: next !== null };
}

function actionNamed(call: Call): JobAction | null {
  const name = call.params.action as string;
  return Object.hasOwn(bulkWords, name) ? (name as JobAction) : null;
}

export async function showBulk(call: Call): Promise<Reply> {
  const action = actionNamed(call);
  if (action === null) return noticeReply(call, "not_found");
  const filter = parseFilter(call.query);
  if (isEmptyFilter(filter)) return withoutFilter(call, action);
  return page(call, action, filter, await reachOf(call, filter), []);
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

const amountOf = ({ rows, isMore }: Reach): string =>
  isMore
    ? `${rows.length === 0 ? "An unknown number of" : `At least ${rows.length}`} registrations`
    : plural(rows.length, "registration", "registrations");

/** What has to be typed: it names what is done and, while it can be counted, to how many. */
const typedFor = (action: JobAction, { rows, isMore }: Reach): string =>
  `${action} ${isMore ? "all" : rows.length}`;

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
  if (reach.rows.length === 0 && !reach.isMore) {
    return pageReply(
      {
        title: `Nothing to ${action}`,
        current: "registrations",
        trail,
        blocks: [
          ...about,
          {
            kind: "empty",
            heading: "The filter finds nothing",
            paragraphs: [words("Nothing was changed, and there is nothing to change.")],
            links: [{ label: "Back to registrations", href: back, tone: "quiet" }],
          },
        ],
      },
      problems.length > 0 ? 409 : 200,
    );
  }
  const hidden = Object.entries(query).map(([name, value]): Field => ({ type: "hidden", name, value }));
  const seen: Field = { type: "hidden", name: "seen", value: typedFor(action, reach) };
  return confirmationReply(call, {
    title: `${verb} ${reach.isMore ? "all that match" : plural(reach.rows.length, "registration", "registrations")}`,
    current: "registrations",
    trail,
    path: `/bulk/${action}`,
    about: [...about, sample(call, reach)],
    consequences: [...bulkWords[action], ...jobSteps].map(words),
    fields: [...hidden, seen],
    typed: typedFor(action, reach),
    submit: `${verb} ${reach.isMore ? "all that match" : reach.rows.length}`,
    tone: action === "resume" ? "primary" : "danger",
    cancelHref: back,
    problems,
    ...(problems.some(({ field }) => field === null) ? { status: 409 } : {}),
  });
}

function sample(call: Call, reach: Reach): Block {
  const some = reach.rows.slice(0, rowsShown);
  const rest = reach.rows.length - some.length;
  return {
    kind: "section",
    id: "reach",
    heading: amountOf(reach),
    intro: words(rest > 0 || reach.isMore ? `The newest ${some.length} of them:` : "All of them:"),
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
        rows: some.map((row) => [
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
  const reach = await reachOf(call, filter);
  const typed = typedFor(action, reach);
  const isStale = call.form.text("seen") !== typed;
  const problems = isStale
    ? [
        changedMeanwhile(
          "The filter finds something else than when you opened this form. Nothing was done yet.",
        ),
      ]
    : confirmationProblems(call, typed);
  if (problems.length > 0) return page(call, action, filter, reach, problems);
  const job = await call.surface.startJob({
    action,
    filter,
    includeNew: false,
    operator: actionOf(call, call.form.text("reason")),
  });
  return doneReply(call, `/jobs/${encodeURIComponent(job.id)}`, "job_started");
}
