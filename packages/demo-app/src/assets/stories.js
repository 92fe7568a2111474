/** Owns the choice between the stories an agent can play in a panel. Each keeps its place while another is shown. */
import { element } from "./dom.js";
import { mountPanel } from "./panel.js";

/**
 * Fills `root`, which has an id, with the stories of `flows`. A single one is not chosen from.
 * @param {HTMLElement} root
 * @param {{ question: string, flows: any[], start?: object, origin: string, onProgress: () => void }} options
 */
export function mountStories(root, { question, flows, start = {}, origin, onProgress }) {
  const says = element("p", { class: "story-says" });
  const stages = element("div", {});
  const mounted = new Map();

  function show(flow) {
    says.textContent = flow.says;
    if (!mounted.has(flow.id)) {
      const stage = element("div", { id: `${root.id}-${flow.id}`, class: "story-stage" });
      stages.append(stage);
      mountPanel(stage, { ...flow, start: { ...flow.start, ...start } }, origin, onProgress);
      mounted.set(flow.id, stage);
    }
    for (const [id, stage] of mounted) stage.hidden = id !== flow.id;
  }

  const choices = flows.map((flow, index) => {
    const id = `${root.id}-choose-${flow.id}`;
    const radio = element("input", {
      type: "radio",
      name: `${root.id}-story`,
      id,
      checked: index === 0,
      change: () => show(flow),
    });
    return element(
      "div",
      { class: "story" },
      radio,
      element("label", { for: id }, element("span", { class: "story-number" }, `${index + 1}`), flow.title),
    );
  });
  if (flows.length > 1)
    root.append(element("fieldset", { class: "stories" }, element("legend", {}, question), ...choices));
  root.append(says, stages);
  // Browsers bring back what was chosen before a reload.
  const chosen = choices.findIndex((choice) => choice.querySelector("input").checked);
  show(flows[chosen] ?? flows[0]);
}
