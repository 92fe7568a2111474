/** Owns choosing between light and dark. It changes this browser only, so the audit log has nothing to keep. */
import { type Call, noticeReply } from "../call.js";
import type { Reply } from "../reply.js";
import { returnPath, themeCookie, themes } from "../theme.js";

export function submitTheme(call: Call): Reply {
  const theme = themes.find((name) => name === call.form.text("theme"));
  if (theme === undefined) return noticeReply(call, "bad_form");
  const [path = "/", query] = returnPath(call.form.text("return_to"), call.isPage).split("?");
  const location = call.link(path) + (query === undefined ? "" : `?${query}`);
  return { kind: "redirect", location, setCookie: themeCookie(call.request, call.link("/"), theme) };
}
