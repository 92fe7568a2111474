/** Owns what an operator can do to one registration: revoke, suspend, resume, narrow its scopes, set its end date. */
import { actionOf, type Call, doneReply, noticeReply } from "../call.js";
import { changedMeanwhile, confirmationProblems, confirmationReply, type Problem } from "../confirmation.js";
import { dayOf, parseDay } from "../registration-filter.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { Registration, Standing, Status } from "../surface.js";
import type { Fact, Field } from "../views/page.js";
import {
  type ChangeName,
  changeWords,
  revocationMail,
  changeForm as texts,
} from "../views/texts-changes-en.js";
import { sections } from "../views/texts-en.js";
import { code, moment, words } from "../views/words.js";

interface Change {
  name: ChangeName;
  label: string;
  isGrave: boolean;
}

/** Whether there is a scope to take away and one to keep. */
export function canNarrow({ scopes }: Registration, status: Status): boolean {
  return status !== "revoked" && scopes.length > 1;
}

/** What makes sense in which status. The store has the last word. */
export function changesFor(registration: Registration, status: Status): Change[] {
  const isOver = status === "revoked";
  const all: [ChangeName, boolean][] = [
    ["resume", registration.suspendedAt !== null],
    ["narrow", canNarrow(registration, status)],
    // The date of one that is revoked still stops its person at a provider.
    ["end-date", !isOver || registration.endsAt !== null],
    ["suspend", !isOver && status !== "suspended"],
    ["revoke", !isOver],
  ];
  return all.flatMap(([name, isOpen]) =>
    isOpen ? [{ name, label: changeWords[name].button, isGrave: name === "revoke" }] : [],
  );
}

function changeOf(call: Call): ChangeName | null {
  const name = call.params.change as string;
  return Object.hasOwn(changeWords, name) ? (name as ChangeName) : null;
}

/** What the form was made from. Taking power away needs no match; giving it back or shaping it does. */
function fingerprint({ registration, status }: Standing): string {
  const { generation, scopes, endsAt, suspendedAt } = registration;
  return JSON.stringify([status, generation, [...scopes].sort(), endsAt, suspendedAt]);
}

export async function showChange(call: Call): Promise<Reply> {
  const change = changeOf(call);
  if (change === null) return noticeReply(call, "not_found");
  const standing = await call.surface.findRegistration(call.params.id as string);
  return standing === null ? noticeReply(call, "unknown_registration") : page(call, change, standing, []);
}

function page(call: Call, change: ChangeName, standing: Standing, problems: Problem[]): Reply {
  const { registration } = standing;
  const home = `/registrations/${encodeURIComponent(registration.id)}`;
  const { title, consequences, submit } = changeWords[change];
  const isMailed = change === "revoke" && call.surface.hasMail && registration.userId !== null;
  return confirmationReply(call, {
    title,
    current: "registrations",
    trail: [
      { label: sections.registrations, href: call.link("/registrations") },
      { label: shown.shortId(registration.id), href: call.link(home) },
    ],
    path: `${home}/${change}`,
    about: [{ kind: "facts", facts: about(call, change, standing) }],
    consequences: [...consequences, ...(isMailed ? [revocationMail.one] : [])].map(words),
    fields: [
      { type: "hidden", name: "seen", value: fingerprint(standing) },
      ...fieldsOf(call, change, registration),
    ],
    submit,
    tone: change === "revoke" || change === "suspend" ? "danger" : "primary",
    cancelHref: call.link(home),
    problems,
    ...(problems.some(({ field }) => field === null) ? { status: 409 } : {}),
  });
}

function about(call: Call, change: ChangeName, { registration, status }: Standing): Fact[] {
  const { facts } = texts;
  return [
    { label: facts.agent, value: shown.agentName(registration) },
    { label: facts.id, value: code(registration.id) },
    { label: facts.status, value: shown.statusBadge(status) },
    { label: facts.user, value: shown.userLink(call, registration.userId) },
    { label: facts.scopes, value: shown.scopeList(registration.scopes) },
    ...(change === "end-date" ? [{ label: facts.end, value: moment(registration.endsAt, texts.noEnd) }] : []),
  ];
}

function fieldsOf(call: Call, change: ChangeName, registration: Registration): Field[] {
  const wasSent = call.form.text("csrf") !== "";
  if (change === "narrow") {
    const kept = call.form.all("scope");
    const dropped = call.query.getAll("drop");
    return [
      {
        type: "checks",
        name: "scope",
        label: texts.kept,
        options: registration.scopes.map((scope) => ({
          value: scope,
          label: scope,
          hint: call.surface.scopes[scope] ?? "",
          isChecked: wasSent ? kept.includes(scope) : !dropped.includes(scope),
        })),
      },
    ];
  }
  if (change === "end-date") {
    const { endsAt } = registration;
    const current = endsAt === null ? "" : dayOf(endsAt);
    return [
      {
        type: "date",
        name: "ends_on",
        label: texts.day,
        hint: texts.dayHint(moment(call.now)),
        value: wasSent ? call.form.text("ends_on").slice(0, 40) : current,
      },
    ];
  }
  return [];
}

export async function submitChange(call: Call): Promise<Reply> {
  const change = changeOf(call);
  if (change === null) return noticeReply(call, "not_found");
  const id = call.params.id as string;
  const standing = await call.surface.findRegistration(id);
  if (standing === null) return noticeReply(call, "unknown_registration");
  const problems = [...confirmationProblems(call), ...valueProblems(call, change, standing.registration)];
  const isStale = call.form.text("seen") !== fingerprint(standing);
  if (problems.length === 0 && isStale && change !== "revoke" && change !== "suspend")
    problems.push(changedMeanwhile(texts.changed));
  if (problems.length > 0) return page(call, change, standing, problems);
  const hasChanged = await apply(call, change, id);
  const home = `/registrations/${encodeURIComponent(id)}`;
  return doneReply(call, home, hasChanged ? doneWord(call, change) : "unchanged");
}

function valueProblems(call: Call, change: ChangeName, registration: Registration): Problem[] {
  const { problems } = texts;
  if (change === "narrow") {
    const kept = call.form.all("scope");
    const problem = kept.some((scope) => !registration.scopes.includes(scope))
      ? problems.notHeld
      : kept.length === 0
        ? problems.noneKept
        : new Set(kept).size === registration.scopes.length
          ? problems.allKept
          : null;
    return problem === null ? [] : [{ field: "scope", text: problem }];
  }
  const day = call.form.text("ends_on");
  return change === "end-date" && day !== "" && parseDay(day) === undefined
    ? [{ field: "ends_on", text: problems.noDay }]
    : [];
}

function apply(call: Call, change: ChangeName, id: string): Promise<boolean> {
  const { surface, form } = call;
  const action = actionOf(call, form.text("reason"));
  switch (change) {
    case "revoke":
      return surface.revoke(id, action);
    case "suspend":
      return surface.suspend(id, action);
    case "resume":
      return surface.resume(id, action);
    case "narrow":
      return surface.narrowScopes(id, [...new Set(form.all("scope"))], action);
    case "end-date":
      return surface.setEndDate(id, parseDay(form.text("ends_on")) ?? null, action);
  }
}

function doneWord(call: Call, change: ChangeName): string {
  if (change === "end-date") return call.form.text("ends_on") === "" ? "end_date_cleared" : "end_date_set";
  return { revoke: "revoked", suspend: "suspended", resume: "resumed", narrow: "narrowed" }[change];
}
