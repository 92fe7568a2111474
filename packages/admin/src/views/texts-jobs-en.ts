/** Owns the words of changes of many registrations, bulk confirmations and jobs, in English. */
import { count, type Inline, plural, say } from "./words.js";

export const bulkPage = {
  withoutFilter: {
    title: (verb: string): string => `${verb} what, exactly?`,
    heading: "Filter first",
    text: "This acts on everything a filter finds, so it needs one. To stop everything at once there is Incident.",
    link: "Go to registrations",
  },
  nothing: {
    title: (action: string): string => `Nothing to ${action}`,
    heading: (action: string): string => `The filter finds nothing to ${action}`,
    text: "Nothing was changed, and there is nothing to change.",
    link: "Back to registrations",
  },
  title: (verb: string, amount: string): string => `${verb} ${amount}`,
  allThatMatch: "all that match",
  amount: (number: number): string => plural(number, "registration", "registrations"),
  more: (amount: string): string => `more than ${amount}`,
  least: (amount: string): string => `at least ${amount}`,
  all: "All of them:",
  newest: (number: number): string => `The newest ${number} of them:`,
  noneOfTheNewest: "None is among the newest.",
  caption: "Registrations this would change",
  columns: { agent: "Agent", id: "Id", status: "Status", user: "On behalf of", created: "Created" },
  changed: "What the filter finds has changed since you opened this form. Nothing was done yet.",
} as const;

export const jobPage = {
  lead: "Changes of many registrations at once, the newest first.",
  empty: {
    heading: "No bulk job yet",
    text: "Filter the registrations, then revoke, suspend or resume all that match. Each such change is listed here, with who asked for it and how many it reached.",
    link: "Go to registrations",
  },
  states: { finished: "Finished", stalled: "Stalled", running: "Running" },
  everything: "Everything",
  caption: "Bulk jobs",
  mostShown: (most: number): string => `Only the newest ${most} are shown.`,
  columns: {
    job: "Job",
    state: "State",
    reach: "Reach",
    changed: "Changed",
    operator: "Operator",
    started: "Started",
  },
  underWay: (noun: string): string => `${noun} under way`,
  isFinished: (noun: string): string => `${noun} finished`,
  canLeave: "You can leave: it goes on in the background, and after a restart.",
  exactly: (number: number, done: string): Inline =>
    say`Exactly ${{ words: count(number) }} ${{ words: number === 1 ? "registration was" : "registrations were" }} ${{ words: done }}.`,
  stalled:
    "It has got no further for some minutes. It is tried again by itself, as long as a process of the service with background work is up; the log of the service says what stops it.",
  foundMore: (number: number): string =>
    `The third pass is the last one, and it still found ${count(number)}: more may be left, or coming in. Look at what the filter finds now, and start it again.`,
  look: "Look again",
  follow: (seconds: number): string => `Refresh every ${seconds} seconds`,
  stopFollowing: "Stop refreshing",
  cards: {
    changed: (done: string): string => `Registrations ${done}`,
    passes: "Passes over the filter",
    passesNote: "It is done when a pass changes nothing, or with the third.",
    inPass: (done: string): string => `${done.replace(/^./, (letter) => letter.toUpperCase())} in this pass`,
    state: "State",
  },
  about: "What was asked",
  facts: {
    state: "State",
    reach: "Reach",
    since: "Registrations made since",
    included: "Included",
    leftAlone: "Left alone",
    unlinked: "Links to providers cut",
    operator: "Operator",
    reason: "Reason",
    started: "Started",
    advanced: "Last got further",
    finished: "Finished",
    notYet: "Not yet",
    id: "Id",
  },
  findsNow: "Show what the filter finds now",
} as const;
