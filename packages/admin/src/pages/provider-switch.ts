/** Owns disabling a provider, after saying how many registrations came through it, and enabling it again. */
import { actionOf, type Call, doneReply, noticeReply } from "../call.js";
import { changedMeanwhile, confirmationProblems, confirmationReply, type Problem } from "../confirmation.js";
import type { Reply } from "../reply.js";
import type { ProviderView } from "../surface.js";
import { code, type Inline, say, words } from "../views/words.js";
import { impactLink, mostCounted } from "./providers.js";

/** The provider, if it is one that can be switched there. */
async function find(call: Call, issuer: string): Promise<ProviderView | null> {
  if (!["enable", "disable"].includes(call.params.to as string)) return null;
  return call.surface.findProvider(issuer);
}

export async function showSwitch(call: Call): Promise<Reply> {
  const entry = await find(call, call.query.get("issuer") ?? "");
  return entry === null ? noticeReply(call, "unknown") : page(call, entry, []);
}

async function page(call: Call, { provider }: ProviderView, problems: Problem[]): Promise<Reply> {
  const { issuer, name } = provider;
  const isDisabling = call.params.to === "disable";
  const impact = await call.queries.countByIssuer(issuer, mostCounted);
  const here = impactLink(call, issuer, impact);
  const consequences: Inline[] = isDisabling
    ? [
        words(
          "New agents of this provider are refused from now on, and so are new ID-JAGs of agents that are in.",
        ),
        say`What it registered before goes on: ${here} not revoked. To stop those too, revoke them after this, or use Incident.`,
        words("It can be enabled again at any time."),
      ]
    : [
        words("Its ID-JAGs are accepted again: it can bring in agents for any of its people."),
        say`${here} not revoked came through it before.`,
      ];
  return confirmationReply(call, {
    title: `${isDisabling ? "Disable" : "Enable"} ${name}`,
    current: "providers",
    trail: [
      { label: "Trusted providers", href: call.link("/providers") },
      { label: name, href: call.link("/providers/view", { issuer }) },
    ],
    path: `/providers/switch/${call.params.to}`,
    about: [
      {
        kind: "facts",
        facts: [
          { label: "Issuer", value: code(issuer) },
          { label: "Registrations not revoked", value: here },
        ],
      },
    ],
    consequences,
    fields: [{ type: "hidden", name: "issuer", value: issuer }],
    submit: isDisabling ? "Disable it now" : "Enable it",
    tone: isDisabling ? "danger" : "primary",
    cancelHref: call.link("/providers/view", { issuer }),
    problems,
    ...(problems.some(({ field }) => field === null) ? { status: 409 } : {}),
  });
}

export async function submitSwitch(call: Call): Promise<Reply> {
  const entry = await find(call, call.form.text("issuer"));
  if (entry === null) return noticeReply(call, "unknown");
  const isDisabling = call.params.to === "disable";
  const isSo = (entry.provider.disabledAt !== null) === isDisabling;
  const problems = isSo
    ? [
        changedMeanwhile(
          `Somebody has ${isDisabling ? "disabled" : "enabled"} it already. Nothing is left to do.`,
        ),
      ]
    : confirmationProblems(call);
  if (problems.length > 0) return page(call, entry, problems);
  const { issuer } = entry.provider;
  const action = actionOf(call, call.form.text("reason"));
  const isDone = await call.surface.setProviderDisabled(issuer, isDisabling, action);
  const word = isDisabling ? "provider_disabled" : "provider_enabled";
  return doneReply(call, "/providers/view", isDone ? word : "unchanged", { issuer });
}
