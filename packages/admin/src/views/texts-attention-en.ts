/** Owns the sentences of "Needs attention" on the overview, in English. Each ends in the link to where to act. */
import { count, type Inline, plural, say } from "./words.js";

type Amount = { number: number; isAtLeast: boolean };

/** "3 mails were", "1,000 or more mails were". */
const some = ({ number, isAtLeast }: Amount, one: string, many: string) => ({
  words: isAtLeast ? `${count(number)} or more ${many}` : plural(number, one, many),
});
const fixed = (text: string) => ({ words: text });

export const attentionWords = {
  heading: "Needs attention",
  allClear: "Nothing. All keys can be fetched, mail goes out, no job is open, nobody waits.",
  incident: "Incident…",
  see: {
    which: "See which",
    progress: "See how far",
    why: "See why",
    keys: "See the keys",
    rotate: "Rotate it",
    suspended: "Resume or revoke",
  },
  /** `failure` is a sentence. */
  unreachable: (provider: Inline, failure: string, hasKeys: boolean): Inline =>
    say`Keys of ${provider} cannot be fetched: ${failure} ${fixed(
      hasKeys
        ? "Those that were fetched before go on for a day at most."
        : "Its agents are refused until they can.",
    )}`,
  stalled: (jobs: Amount, seconds: number, link: Inline): Inline =>
    say`${some(jobs, "bulk job has", "bulk jobs have")} got no further for more than ${fixed(
      plural(seconds / 60, "minute", "minutes"),
    )}. It is tried again by itself; the log of the service says what stops it. ${link}`,
  running: (jobs: Amount, link: Inline): Inline =>
    say`${some(jobs, "bulk job is", "bulk jobs are")} running. ${link}`,
  rejected: (events: number, provider: Inline, days: number, link: Inline): Inline =>
    say`${fixed(plural(events, "event", "events"))} of ${provider} ${fixed(
      events === 1 ? "was" : "were",
    )} rejected in the last ${fixed(String(days))} days: what it meant to take back may go on here. ${link}`,
  failedMail: (mails: Amount, link: Inline): Inline =>
    say`${some(mails, "mail was", "mails were")} given up and can be tried again. ${link}`,
  locked: (claims: number, days: number, link: Inline): Inline =>
    say`${fixed(plural(claims, "claim was", "claims were"))} locked by too many wrong codes in the last ${fixed(
      String(days),
    )} days: somebody may be guessing. ${link}`,
  suspended: (agents: Amount, days: number, link: Inline): Inline =>
    say`${some(agents, "agent has", "agents have")} been suspended for more than ${fixed(String(days))} days. ${link}`,
  oldKey: (age: number, days: number, link: Inline): Inline =>
    say`The signing key has been in use for ${fixed(plural(age, "day", "days"))}. Rotate it every ${fixed(
      String(days),
    )} days or so; no agent notices. ${link}`,
} as const;
