/** Owns one panel: the rail of steps, what comes next, the person's part, and the selected exchange. */
import { element } from "./dom.js";
import { exchangeView } from "./exchange-view.js";
import { personCard } from "./person-card.js";
import { Run } from "./run.js";

const marks = { done: "✓", failed: "!", waiting: "…", running: "…", skipped: "–" };
const states = {
  idle: "to do",
  running: "running",
  waiting: "waiting for the person",
  done: "done",
  failed: "failed",
  skipped: "passed over",
};

/** Replaces a node's children only when they differ, so focus and scroll survive the ticking of a countdown. */
function update(node, key, build) {
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.replaceChildren(...build());
}

/** What the button says that runs the next step. */
function nextLabel({ next, waiting }) {
  if (waiting) return next.again ?? "Poll now";
  return next?.give ?? (next?.state === "failed" ? "Try again" : "Next step");
}

/** Fills `root`, which has an id, with one agent on its flow. `onProgress` is called when something changed on the server that the person may see. */
export function mountPanel(root, flow, origin, onProgress) {
  const id = root.id;
  const rail = element("ol", { class: "rail" });
  const upnextText = element("div", {});
  const input = element("div", { class: "field" });
  const nextButton = element(
    "button",
    { type: "button", class: "button", click: () => advance("step") },
    "Next step",
  );
  const allButton = element(
    "button",
    { type: "button", class: "button quiet", click: () => advance("all") },
    "Run until the person is needed",
  );
  const resetButton = element(
    "button",
    { type: "button", class: "button quiet", click: startOver },
    "Start over",
  );
  const buttons = element("div", { class: "buttons" }, nextButton, allButton, resetButton);
  const upnext = element("div", { class: "upnext" }, upnextText, input, buttons);
  const problem = element("div", { role: "alert" });
  const person = element("div", {});
  const countdown = element("p", { class: "countdown" });
  const exchange = element("div", {});
  const announcer = element("p", { class: "visually-hidden", role: "status" });
  const stage = element("div", {}, upnext, problem, person, exchange);
  root.append(element("div", { class: "board" }, rail, stage), announcer);

  let done = 0;
  const run = new Run(flow, origin, () => render());
  render();

  function advance(how) {
    const field = input.querySelector("input");
    if (field !== null && run.next?.input !== undefined) {
      if (!field.reportValidity()) return;
      run.known[run.next.input.name] = field.value.trim();
    }
    // "Run until" passes steps with an input, which then start from what the field would have shown.
    for (const step of run.steps)
      if (step.input !== undefined) run.known[step.input.name] ??= step.input.value;
    void run[how]();
  }

  function startOver() {
    run.reset();
    nextButton.focus();
  }

  function renderRail() {
    run.steps.forEach((step, index) => {
      const item = rail.children[index] ?? rail.appendChild(element("li"));
      item.dataset.state = step.state;
      item.toggleAttribute("aria-current", false);
      if (index === run.selected) item.setAttribute("aria-current", "step");
      const status = step.exchange?.response?.status;
      const badge = step.state === "skipped" ? "not needed" : status;
      update(item, `${step.state} ${status}`, () => [
        element(
          "button",
          { type: "button", disabled: step.exchange === null, click: () => run.select(index) },
          element("span", { class: "dot", "aria-hidden": "true" }, marks[step.state] ?? String(index + 1)),
          element(
            "span",
            { class: "step-title" },
            step.title,
            element("span", { class: "visually-hidden" }, `, ${states[step.state]}`),
          ),
          badge === undefined ? element("span") : element("span", { class: "badge" }, String(badge)),
        ),
      ]);
    });
  }

  function renderUpnext() {
    const { next, steps, current } = run;
    update(upnextText, `${current} ${run.waiting}`, () =>
      next === undefined
        ? [element("h4", {}, "That was the whole story"), element("p", {}, "Pick a step to read it again.")]
        : [
            element("p", { class: "eyebrow" }, `Step ${current + 1} of ${steps.length}`),
            element("h4", {}, next.title),
            element("p", {}, next.why),
          ],
    );
    input.hidden = next?.input === undefined;
    update(input, next?.input === undefined ? "" : String(current), () => {
      if (next?.input === undefined) return [];
      const { name, label, value, attributes = {} } = next.input;
      const fieldId = `${id}-${name}`;
      return [
        element("label", { for: fieldId }, label),
        element("input", {
          id: fieldId,
          name,
          value: run.known[name] ?? value,
          autocomplete: "off",
          spellcheck: "false",
          keydown: (event) => {
            if (event.key === "Enter") advance("step");
          },
          ...attributes,
        }),
      ];
    });
    nextButton.textContent = nextLabel(run);
    for (const button of [nextButton, allButton]) button.hidden = next === undefined;
    const personNeeded = steps.some(
      (step, index) => index >= current && step.person && !step.skip?.(run.known),
    );
    allButton.textContent = personNeeded ? "Run until the person is needed" : "Run to the end";
    allButton.hidden = next === undefined || next.asks === true || run.waiting;
  }

  function renderPerson() {
    const { next, known } = run;
    // Somebody who gave a wrong code still needs to know where the right one is.
    const isTold = next?.asks === true || (next?.waits === true && next.state !== "failed");
    const told = isTold ? next.person(known) : null;
    // What the person does comes before what the agent then asks them for, and next to what the agent does meanwhile.
    const [home, after] = next?.asks ? [upnext, input] : [stage, exchange];
    if (person.nextSibling !== after) home.insertBefore(person, after);
    person.className = told === null ? "" : "person";
    update(person, JSON.stringify(told), () =>
      told === null ? [] : personCard(told, next.asks ? null : countdown),
    );
    const left =
      run.nextPollAt === null ? null : Math.max(0, Math.ceil((run.nextPollAt - Date.now()) / 1000));
    countdown.textContent =
      left === null
        ? next?.state === "running"
          ? "The agent is asking…"
          : "The agent starts asking with the next step."
        : `${next?.notYet ?? "Not approved yet."} The agent asks again in ${left} s (interval ${known.interval} s).`;
  }

  function renderExchange() {
    const step = run.selected === null ? undefined : run.steps[run.selected];
    const key = step?.exchange == null ? "none" : `${run.selected} ${step.count}`;
    update(exchange, key, () =>
      key === "none"
        ? [
            element(
              "p",
              { class: "placeholder" },
              "Requests and answers appear here, as they go over the wire.",
            ),
          ]
        : [exchangeView({ title: step.title, exchange: step.exchange, count: step.count })],
    );
  }

  function announce() {
    const finished = run.steps.filter((step) => step.state === "done").length;
    if (finished === done) return;
    done = finished;
    const last = run.steps.findLast((step) => step.state === "done");
    announcer.textContent =
      last === undefined
        ? ""
        : `Step ${run.steps.indexOf(last) + 1} of ${run.steps.length} done: ${last.exchange.response.status}`;
    if (last !== undefined) onProgress();
  }

  function render() {
    renderRail();
    renderUpnext();
    update(problem, run.problem ?? "", () =>
      run.problem === null ? [] : [element("p", { class: "note bad" }, run.problem)],
    );
    renderPerson();
    renderExchange();
    announce();
  }
}
