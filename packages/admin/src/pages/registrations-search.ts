/** Owns how the list of registrations is narrowed: the search form, the filters as chips, and what can be done to all. */
import type { Call } from "../call.js";
import { type FilterName, filterParts, filterQuery } from "../registration-filter.js";
import type { RegistrationFilter, Status } from "../surface.js";
import type { Block, Field, FormBlock } from "../views/page.js";
import { kindWords, statusWords } from "../views/texts-en.js";
import {
  filterNames,
  filterWords,
  registrationsPage as page,
  personWords,
  searchWords as texts,
} from "../views/texts-registrations-en.js";
import { orderQuery, type View } from "./registrations-view.js";

/** The words that fit how this service finds people. */
export function wordsForPeople({ surface }: Call): (typeof personWords)[keyof typeof personWords] {
  return personWords[surface.canFindByEmail ? "byEmail" : "byId"];
}

/** A choice among values; one that is chosen and not on offer stays chosen. */
function choice(
  name: FilterName,
  chosen: string | undefined,
  all: readonly (readonly [string, string])[],
): Field {
  const options = all.map(([value, label]) => ({ value, label }));
  if (chosen !== undefined && !all.some(([value]) => value === chosen))
    options.push({ value: chosen, label: chosen });
  return {
    type: "select",
    name,
    label: filterNames[name],
    value: chosen ?? "",
    options: [{ value: "", label: texts.any }, ...options],
  };
}

export function searchForm(
  call: Call,
  view: View,
  { search, providers }: { search: string; providers: ReadonlyMap<string, string> },
): Block {
  const query = filterQuery(view.filter);
  const date = (name: FilterName): Field => ({
    type: "date",
    name,
    label: filterNames[name],
    value: query[name] ?? "",
  });
  const statuses = (Object.keys(statusWords) as Status[]).map(
    (status) => [status, statusWords[status].label] as const,
  );
  const kept = (["id", "user", "name", "ip"] as const).flatMap((name): Field[] =>
    query[name] === undefined ? [] : [{ type: "hidden", name, value: query[name] }],
  );
  const order = Object.entries(orderQuery(view)).flatMap(([name, value]): Field[] =>
    value === null ? [] : [{ type: "hidden", name, value }],
  );
  const days = ["created_from", "created_to", "used_from", "used_to"] as const;
  const form: FormBlock = {
    kind: "form",
    method: "get",
    action: call.link("/registrations"),
    csrf: null,
    shape: "bar",
    label: texts.label,
    problems: [],
    fields: [
      {
        type: "search",
        name: "q",
        label: texts.search,
        value: search,
        placeholder: wordsForPeople(call).placeholder,
        isWide: true,
      },
      choice("status", query.status, statuses),
      choice("kind", query.kind, Object.entries(kindWords)),
      choice("issuer", query.issuer, [...providers]),
      choice(
        "scope",
        query.scope,
        Object.keys(call.surface.scopes).map((scope) => [scope, scope]),
      ),
      ...kept,
      ...order,
    ],
    more: {
      label: texts.more,
      isOpen: days.some((name) => query[name] !== undefined),
      fields: days.map(date),
    },
    submit: { label: texts.submit, tone: "primary" },
  };
  return { kind: "section", id: "find", heading: texts.heading, blocks: [form] };
}

export function chips(call: Call, view: View): Block[] {
  const parts = filterParts(view.filter);
  if (parts.length === 0) return [];
  const order = orderQuery(view);
  return [
    {
      kind: "chips",
      label: filterWords.chips,
      chips: parts.map(({ label, value, without }) => ({
        label,
        value,
        removeHref: call.link("/registrations", { ...without, ...order }),
      })),
      clearHref: call.link("/registrations", order),
    },
  ];
}

export function bulkActions(call: Call, filter: RegistrationFilter): Block {
  const query = filterQuery(filter);
  return {
    kind: "actions",
    links: [
      { label: page.bulk.revoke, href: call.link("/bulk/revoke", query), tone: "danger" },
      { label: page.bulk.suspend, href: call.link("/bulk/suspend", query), tone: "quiet" },
      { label: page.bulk.resume, href: call.link("/bulk/resume", query), tone: "quiet" },
    ],
  };
}
