/** Owns the home page's script: starts the panels, and keeps the person's lists current while agents work. */
import { flowsOf } from "./flows.js";
import { providerFlows } from "./provider-flows.js";
import { mountStories } from "./stories.js";

const panels = document.querySelector("#panels");
const { baseUrl: origin, ceremony, signIn, outbox } = panels.dataset;
const place = { ceremony, signIn, outbox };

/** Fetches this page again and takes over what changed for the person, unless they are busy in there. */
async function refresh() {
  if (document.querySelector("#yours").contains(document.activeElement)) return;
  const response = await fetch("/", { cache: "no-store" }).catch(() => null);
  if (response === null || !response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const selector of ["#yours", "#account"]) {
    const [now, next] = [document.querySelector(selector), fresh.querySelector(selector)];
    if (next !== null && now.innerHTML !== next.innerHTML && !now.contains(document.activeElement))
      now.replaceWith(next);
  }
}

if (origin === location.origin) {
  panels.hidden = false;
  const common = { origin, onProgress: refresh };
  for (const root of panels.querySelectorAll("[data-flow]")) {
    const flows = flowsOf(root.dataset.flow, place);
    mountStories(root, { ...common, question: "Which way does the code travel?", flows });
  }
  const withProvider = panels.querySelector("[data-provider]");
  if (withProvider !== null) {
    // What the agent holds of each person, whichever story it got it in. Gone with the page.
    const start = { provider: withProvider.dataset.provider, wallet: new Map() };
    mountStories(withProvider, { ...common, question: "Which story?", flows: providerFlows(place), start });
  }
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void refresh();
  });
} else {
  document.querySelector("#elsewhere").hidden = false;
}
