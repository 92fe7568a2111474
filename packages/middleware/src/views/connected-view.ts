/** Owns the connected-agents page's view model: what `connected.ejs` shows, every value ready to be printed. */

import { visibleText } from "@agent-auth/web/visible-text";
import { type AgentView, agentView, fact, momentFact } from "./agent-view.js";
import { type FormView, type ProblemView, problemView } from "./form-view.js";
import { longest } from "./longest.js";
import type { ConnectedAgent, ConnectedPage, PageFrame } from "./page.js";
import { moment, type Sentence } from "./sentence.js";
import { texts } from "./texts-en.js";

/** What `connected.ejs` shows. */
export interface ConnectedView {
  heading: Sentence;
  problem: ProblemView | null;
  /** What was just revoked. */
  revoked: Sentence | null;
  account: { name: string | null; email: string | null };
  agents: ConnectedAgentView[];
  /** How an agent gets here, in steps. Shown while there is none. */
  emptySteps: Sentence[];
}

/** One agent and its own form. */
export interface ConnectedAgentView extends AgentView {
  /** Of the agent's heading, which the words about revoking point to. */
  id: string;
  /** What the suspension means; null while the agent is active. */
  suspended: Sentence | null;
  scopes: string[];
  form: FormView;
}

/** Turns a page of connected agents into what its template shows. */
export function connectedView(frame: PageFrame, page: ConnectedPage): ConnectedView {
  return {
    heading: texts.connected.heading(frame.serviceName),
    problem: problemView(page.problem === null ? null : { kind: page.problem }, {
      codeField: false,
      firstScopeId: null,
    }),
    revoked: page.revoked === null ? null : revokedText(page.revoked.clientName),
    account: {
      name: visibleText(page.account.name, longest.name),
      email: visibleText(page.account.email, longest.email),
    },
    agents: page.agents.map((agent, index) =>
      connectedAgent(frame, agent, `agent-${index + 1}`, page.target),
    ),
    emptySteps: texts.connected.emptySteps(frame.serviceName),
  };
}

function connectedAgent(
  { serviceName }: PageFrame,
  agent: ConnectedAgent,
  id: string,
  target: string,
): ConnectedAgentView {
  const lastUsed =
    agent.lastUsedAt === null
      ? fact(texts.connected.lastUsedAt, texts.connected.neverUsed)
      : momentFact(texts.connected.lastUsedAt, moment(agent.lastUsedAt));
  return {
    ...agentView(agent, serviceName, [
      momentFact(texts.connected.connectedAt, moment(agent.connectedAt)),
      lastUsed,
    ]),
    id,
    suspended: agent.status === "suspended" ? texts.connected.suspendedMeans(serviceName) : null,
    scopes: agent.scopes.flatMap(({ description }) => visibleText(description, longest.description) ?? []),
    form: {
      target,
      fields: [
        { name: "registration", value: agent.registrationId },
        { name: "csrf", value: agent.csrf },
      ],
    },
  };
}

function revokedText(clientName: string | null): Sentence {
  const name = visibleText(clientName, longest.name);
  return name === null ? texts.connected.revoked : texts.connected.revokedByName(name);
}
