/** Owns the scopes of one registration: what it is granted, when each was last needed, and the way to take one away. */
import { type Call, may } from "../call.js";
import type { ScopeUse, Standing } from "../surface.js";
import type { Block, Fact } from "../views/page.js";
import { registrationWords, scopeWords as texts } from "../views/texts-registration-en.js";
import { code, type Inline, momentAgo, muted, say, words } from "../views/words.js";
import { canNarrow } from "./registration-change.js";

export function scopesSection(call: Call, { registration, status }: Standing, uses: ScopeUse[]): Block {
  const { id, scopes } = registration;
  const usedAt = new Map(uses.map(({ scope, lastUsedAt }) => [scope, lastUsedAt]));
  const narrow = `/registrations/${encodeURIComponent(id)}/narrow`;
  const isNarrowable = may(call, "operator") && canNarrow(registration, status);
  const facts = scopes.map((scope): Fact => {
    const at = usedAt.get(scope);
    const use = at === undefined ? muted(texts.neverUsed) : texts.used(momentAgo(at, call.now));
    const takeAway: Inline =
      isNarrowable && at === undefined
        ? [
            {
              kind: "button",
              href: call.link(narrow, { drop: scope }),
              text: texts.takeAway,
              label: texts.takeAwayOne(scope),
              tone: "quiet",
            },
          ]
        : [];
    return {
      label: Object.hasOwn(call.surface.scopes, scope) ? (call.surface.scopes[scope] as string) : texts.gone,
      value: say`${code(scope)} ${use} ${takeAway}`,
    };
  });
  return {
    kind: "section",
    id: "scopes",
    heading: registrationWords.sections.scopes,
    ...(scopes.length === 0 ? {} : { intro: words(texts.intro) }),
    blocks: [
      scopes.length === 0 ? { kind: "text", paragraphs: [muted(texts.none)] } : { kind: "facts", facts },
    ],
  };
}
