/** Owns the panel of the agent with a provider: which story is told. Each keeps its place while another is shown. */
import { element } from "./dom.js";
import { mountPanel } from "./panel.js";
import { providerFlows } from "./provider-flows.js";

/** Fills `root`, whose `data-provider` is the provider's issuer. */
export function mountScenarios(root, origin, onProgress) {
  // What the agent holds of each person, whichever story it got it in. Gone with the page.
  const wallet = new Map();
  const says = element("p", { class: "story-says" });
  const stages = element("div", {});
  const mounted = new Map();

  function show(flow) {
    says.textContent = flow.says;
    if (!mounted.has(flow.id)) {
      const stage = element("div", { id: `${root.id}-${flow.id}`, class: "story-stage" });
      stages.append(stage);
      const start = { ...flow.start, provider: root.dataset.provider, wallet };
      mountPanel(stage, { ...flow, start }, origin, onProgress);
      mounted.set(flow.id, stage);
    }
    for (const [id, stage] of mounted) stage.hidden = id !== flow.id;
  }

  const choices = providerFlows.map((flow, index) => {
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
  root.append(
    element("fieldset", { class: "stories" }, element("legend", {}, "Which story?"), ...choices),
    says,
    stages,
  );
  // Browsers bring back what was chosen before a reload.
  const chosen = choices.findIndex((choice) => choice.querySelector("input").checked);
  show(providerFlows[chosen] ?? providerFlows[0]);
}
