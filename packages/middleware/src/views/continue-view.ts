/** Owns the continue page's view model: what `continue.ejs` shows, every value ready to be printed. */
import { type AgentView, agentView, momentFact } from "./agent-view.js";
import type { FormView } from "./form-view.js";
import type { ContinuePage, PageFrame } from "./page.js";
import { moment, type Sentence } from "./sentence.js";
import { texts } from "./texts-en.js";

/** What `continue.ejs` shows. */
export interface ContinueView {
  heading: string;
  body: Sentence;
  hint: string;
  agent: AgentView | null;
  button: { label: string; looks: "authorize" | "danger" };
  form: FormView;
}

/** Turns a continue page into what its template shows. */
export function continueView(frame: PageFrame, page: ContinuePage): ContinueView {
  const { heading, body, hint, button } = texts.continue.byPurpose[page.purpose](frame.serviceName);
  return {
    heading,
    body,
    hint,
    agent: askingAgent(frame, page),
    button: { label: button, looks: page.purpose === "deny" ? "danger" : "authorize" },
    form: page.form,
  };
}

function askingAgent(frame: PageFrame, { agent, requestedAt }: ContinuePage): AgentView | null {
  if (agent === null) return null;
  const facts = requestedAt === null ? [] : [momentFact(texts.agent.requestedAt, moment(requestedAt))];
  return agentView(agent, frame.serviceName, facts);
}
