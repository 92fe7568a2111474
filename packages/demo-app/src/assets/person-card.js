/** Owns the card that tells the visitor what to do as the person: a code to type or compare, and where. */
import { element } from "./dom.js";

/** Six digits in two groups; a code that has its own form is left as it is. */
const formatCode = (code) => (/^\d{6}$/.test(code) ? `${code.slice(0, 3)}-${code.slice(3)}` : code);

/**
 * What a step's `person(known)` tells. `countdown` is null where nothing is sent until they come back.
 * @param {{ heading: string, says: string, code?: string, link: { href: string, text: string } }} told
 */
export function personCard({ heading, says, code, link }, countdown) {
  return [
    element("h4", {}, heading),
    element("p", {}, says),
    ...(code === undefined ? [] : [element("p", { class: "user-code" }, formatCode(code))]),
    element(
      "a",
      { class: "button", href: link.href, target: "_blank", rel: "noopener" },
      link.text,
      element("span", { class: "visually-hidden" }, " (new tab)"),
    ),
    ...(countdown === null ? [] : [countdown]),
  ];
}
