/** Owns disabling a provider, after saying how many registrations came through it, and enabling it again. */
import { actionOf, type Call, doneReply, noticeReply } from "../call.js";
import { changedMeanwhile, confirmationProblems, confirmationReply, type Problem } from "../confirmation.js";
import type { Reply } from "../reply.js";
import type { ProviderView } from "../surface.js";
import { providerPage, providersPage, switchPage } from "../views/texts-providers-en.js";
import { code } from "../views/words.js";
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
  const texts = switchPage[isDisabling ? "disable" : "enable"];
  return confirmationReply(call, {
    title: texts.title(name),
    current: "providers",
    trail: [
      { label: providersPage.title, href: call.link("/providers") },
      { label: name, href: call.link("/providers/view", { issuer }) },
    ],
    path: `/providers/switch/${call.params.to}`,
    about: [
      {
        kind: "facts",
        facts: [
          { label: providersPage.columns.issuer, value: code(issuer) },
          { label: providerPage.reach.registrations, value: here },
        ],
      },
    ],
    consequences: texts.consequences(here),
    fields: [{ type: "hidden", name: "issuer", value: issuer }],
    submit: texts.submit,
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
    ? [changedMeanwhile(switchPage[isDisabling ? "disable" : "enable"].already)]
    : confirmationProblems(call);
  if (problems.length > 0) return page(call, entry, problems);
  const { issuer } = entry.provider;
  const action = actionOf(call, call.form.text("reason"));
  const isDone = await call.surface.setProviderDisabled(issuer, isDisabling, action);
  const word = isDisabling ? "provider_disabled" : "provider_enabled";
  return doneReply(call, "/providers/view", isDone ? word : "unchanged", { issuer });
}
