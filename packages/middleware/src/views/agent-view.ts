/** Owns how an agent and a person are shown, the same way on every page. */

import { visibleText } from "@agent-auth/web/visible-text";
import { longest } from "./longest.js";
import type { AgentWords } from "./page.js";
import { type Moment, type Sentence, sentence } from "./sentence.js";
import { texts } from "./texts-en.js";

/** One line of what is known about an agent. */
export interface Fact {
  label: string;
  value: Sentence;
  /** Whether the value is the agent's own text, which nobody checked. */
  isUnverified: boolean;
}

/** What `_parties.ejs` shows of the agent. */
export interface AgentView {
  /** The agent's own text; null when there is nothing to see. */
  name: string | null;
  facts: Fact[];
}

/** What `_parties.ejs` shows of the person. */
export interface AccountView {
  name: string | null;
  email: string;
}

/** An agent, with who vouches for it as the first of these facts. */
export function agentView(agent: AgentWords, serviceName: string, facts: Fact[] = []): AgentView {
  const vouching = fact(texts.agent.vouching, vouchingText(agent, serviceName));
  return { name: visibleText(agent.clientName, longest.name), facts: [vouching, ...facts] };
}

/** A line of which we know that it is true. */
export function fact(label: string, value: Sentence): Fact {
  return { label, value, isUnverified: false };
}

/** A line about a point in time. */
export function momentFact(label: string, at: Moment): Fact {
  return fact(label, sentence`${at}`);
}

/** A person, as we show them to themselves. */
export function accountView(account: { email: string; name: string | null }): AccountView {
  return {
    name: visibleText(account.name, longest.name),
    email: visibleText(account.email, longest.email) ?? "",
  };
}

function vouchingText(agent: AgentWords, serviceName: string): Sentence {
  const providerName = visibleText(agent.providerName, longest.name);
  return providerName === null
    ? texts.agent.vouchingByKind[agent.kind](serviceName)
    : texts.agent.vouchingByProvider(providerName, serviceName);
}
