/** Owns how the list of registrations is narrowed: the search form, the filters as chips, and what can be done to all. */
import type { Call } from "../call.js";
import { filterParts, filterQuery } from "../registration-filter.js";
import type { Kind, RegistrationFilter, Status } from "../surface.js";
import type { Block, Field, FormBlock } from "../views/page.js";
import { kindWords, statusWords } from "../views/texts-en.js";
import { orderQuery, type View } from "./registrations-view.js";

function choice(name: string, label: string, chosen: string | undefined, all: Record<string, string>): Field {
  const options = Object.entries(all).map(([value, text]) => ({ value, label: text }));
  return {
    type: "select",
    name,
    label,
    value: chosen ?? "",
    options: [{ value: "", label: "Any" }, ...options],
  };
}

export function searchForm(call: Call, view: View, search: string): Block {
  const query = filterQuery(view.filter);
  const date = (name: "created_from" | "created_to" | "used_from" | "used_to", label: string): Field => ({
    type: "date",
    name,
    label,
    value: query[name] ?? "",
  });
  const labels = Object.fromEntries(
    (Object.keys(statusWords) as Status[]).map((status) => [status, statusWords[status].label]),
  );
  const kept = (["id", "user", "name", "issuer", "ip"] as const).flatMap((name): Field[] =>
    query[name] === undefined ? [] : [{ type: "hidden", name, value: query[name] }],
  );
  const order = Object.entries(orderQuery(view)).flatMap(([name, value]): Field[] =>
    value === null ? [] : [{ type: "hidden", name, value }],
  );
  const form: FormBlock = {
    kind: "form",
    method: "get",
    action: call.link("/registrations"),
    csrf: null,
    shape: "bar",
    label: "Find registrations",
    problems: [],
    fields: [
      {
        type: "search",
        name: "q",
        label: "Search",
        value: search,
        placeholder: "Id, user’s e-mail, name, issuer or IP",
        isWide: true,
      },
      choice("status", "Status", query.status, labels),
      choice("kind", "Kind", query.kind, kindWords satisfies Record<Kind, string>),
      choice(
        "scope",
        "Scope",
        query.scope,
        Object.fromEntries(Object.keys(call.surface.scopes).map((s) => [s, s])),
      ),
      ...kept,
      ...order,
    ],
    more: {
      label: "Created and last used",
      isOpen: [query.created_from, query.created_to, query.used_from, query.used_to].some(Boolean),
      fields: [
        date("created_from", "Created from"),
        date("created_to", "Created until"),
        date("used_from", "Last used from"),
        date("used_to", "Last used until"),
      ],
    },
    submit: { label: "Search", tone: "primary" },
  };
  return { kind: "section", id: "find", heading: "Find", blocks: [form] };
}

export function chips(call: Call, view: View): Block[] {
  const parts = filterParts(view.filter);
  if (parts.length === 0) return [];
  const order = orderQuery(view);
  return [
    {
      kind: "chips",
      label: "Active filters",
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
      { label: "Revoke all of these…", href: call.link("/bulk/revoke", query), tone: "danger" },
      { label: "Suspend all…", href: call.link("/bulk/suspend", query), tone: "quiet" },
      { label: "Resume all…", href: call.link("/bulk/resume", query), tone: "quiet" },
    ],
  };
}
