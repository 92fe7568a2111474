/** Owns the home page's script: starts the panels, and keeps the person's lists current while agents work. */
import { flows } from "./flows.js";
import { mountPanel } from "./panel.js";
import { mountScenarios } from "./scenarios.js";

const panels = document.querySelector("#panels");
const origin = panels.dataset.baseUrl;

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
  for (const root of panels.querySelectorAll("[data-flow]"))
    mountPanel(root, flows[root.dataset.flow], origin, refresh);
  const withProvider = panels.querySelector("[data-provider]");
  if (withProvider !== null) mountScenarios(withProvider, origin, refresh);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void refresh();
  });
} else {
  document.querySelector("#elsewhere").hidden = false;
}
