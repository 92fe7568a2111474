/** Owns what an operator can do to one registration: revoke, suspend, resume, narrow its scopes, set its end date. */
import { actionOf, type Call, doneReply, noticeReply } from "../call.js";
import { changedMeanwhile, confirmationProblems, confirmationReply, type Problem } from "../confirmation.js";
import { parseDay } from "../registration-filter.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { Registration, Standing, Status } from "../surface.js";
import type { Field } from "../views/page.js";
import { type ChangeName, changeWords } from "../views/texts-changes-en.js";
import { code, moment, words } from "../views/words.js";

interface Change {
  name: ChangeName;
  label: string;
  isGrave: boolean;
}

/** What makes sense in which status. The store has the last word. */
export function changesFor(registration: Registration, status: Status): Change[] {
  const isOver = status === "revoked";
  const all: [ChangeName, boolean][] = [
    ["resume", registration.suspendedAt !== null],
    ["narrow", !isOver && registration.scopes.length > 0],
    ["end-date", !isOver],
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
  const { registration, status } = standing;
  const home = `/registrations/${encodeURIComponent(registration.id)}`;
  const { title, consequences, submit } = changeWords[change];
  return confirmationReply(call, {
    title,
    current: "registrations",
    trail: [
      { label: "Registrations", href: call.link("/registrations") },
      { label: shown.shortId(registration.id), href: call.link(home) },
    ],
    path: `${home}/${change}`,
    about: [
      {
        kind: "facts",
        facts: [
          { label: "Agent", value: shown.agentName(registration) },
          { label: "Id", value: code(registration.id) },
          { label: "Status", value: shown.statusBadge(status) },
          { label: "On behalf of", value: shown.userLink(call, registration.userId) },
          ...(change === "end-date"
            ? [{ label: "Ends now", value: moment(registration.endsAt, "No end date") }]
            : []),
        ],
      },
    ],
    consequences: consequences.map(words),
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

function fieldsOf(call: Call, change: ChangeName, registration: Registration): Field[] {
  if (change === "narrow") {
    const kept = call.form.all("scope");
    const wasSent = call.form.text("csrf") !== "";
    return [
      {
        type: "checks",
        name: "scope",
        label: "Scopes it keeps",
        options: registration.scopes.map((scope) => ({
          value: scope,
          label: scope,
          hint: call.surface.scopes[scope] ?? "",
          isChecked: !wasSent || kept.includes(scope),
        })),
      },
    ];
  }
  if (change === "end-date") {
    const current =
      registration.endsAt === null ? "" : new Date(registration.endsAt * 1000).toISOString().slice(0, 10);
    return [
      {
        type: "date",
        name: "ends_on",
        label: "Stops at the start of this day (UTC)",
        hint: words("Leave it empty to remove the end date."),
        value: call.form.text("csrf") === "" ? current : call.form.text("ends_on").slice(0, 40),
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
    problems.push(
      changedMeanwhile(
        "It has changed since you opened this form. Nothing was done: this is how it stands now.",
      ),
    );
  if (problems.length > 0) return page(call, change, standing, problems);
  const hasChanged = await apply(call, change, id);
  const home = `/registrations/${encodeURIComponent(id)}`;
  return doneReply(call, home, hasChanged ? doneWord(call, change) : "unchanged");
}

function valueProblems(call: Call, change: ChangeName, registration: Registration): Problem[] {
  if (change === "narrow") {
    const kept = call.form.all("scope");
    if (kept.some((scope) => !registration.scopes.includes(scope)))
      return [
        { field: "scope", text: "A scope it does not have cannot be kept. Narrowing only takes away." },
      ];
    if (new Set(kept).size === registration.scopes.length)
      return [{ field: "scope", text: "Untick at least one scope: as it is, nothing would change." }];
  }
  const day = call.form.text("ends_on");
  if (change === "end-date" && day !== "" && parseDay(day) === undefined)
    return [{ field: "ends_on", text: "Give a day such as 2026-12-31, or nothing." }];
  return [];
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
