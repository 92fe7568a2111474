/**
 * Owns one agent on its way through a flow: where it is, what it knows, what was sent. Knows nothing of the screen;
 * `changed` is called after every change.
 */
import { send } from "./wire.js";

export class Run {
  #flow;
  #origin;
  #changed;
  #timer = null;

  constructor(flow, origin, changed) {
    this.#flow = flow;
    this.#origin = origin;
    this.#changed = changed;
    this.#clear();
  }

  reset() {
    this.#stopPolling();
    this.#clear();
    this.#changed();
  }

  #clear() {
    // `interval`: what an agent waits that is told nothing (RFC 8628 section 3.5).
    this.known = { api: `${this.#origin}/api/notes`, interval: 5, ...this.#flow.start };
    this.steps = this.#flow.steps.map((step) => ({ ...step, state: "idle", exchange: null, count: 0 }));
    this.current = 0;
    this.selected = null;
    this.problem = null;
    this.nextPollAt = null;
  }

  /** The step that runs next; undefined when all are done. */
  get next() {
    return this.steps[this.current];
  }

  /** Whether the person is at it: the first poll was answered, and no answer was final. */
  get waiting() {
    const { next } = this;
    return next?.waits === true && next.count > 0 && next.state !== "failed";
  }

  select(index) {
    this.selected = index;
    this.#changed();
  }

  /** Runs one step. True when it went as expected. */
  async step() {
    const step = this.next;
    if (step === undefined || step.state === "running") return false;
    this.#stopPolling();
    step.state = "running";
    this.selected = this.current;
    this.problem = null;
    this.#changed();

    const steps = this.steps;
    const exchange = await send(step.request(this.known));
    // Somebody pressed "Start over" meanwhile: this answer belongs to an agent that is gone.
    if (steps !== this.steps) return false;
    step.exchange = exchange;
    step.count += 1;
    return this.#judge(step, exchange);
  }

  /** Runs until a person is needed, something unexpected happens, or all is done. */
  async all() {
    while (this.next !== undefined && !this.next.asks && (await this.step()));
  }

  #judge(step, { response, error }) {
    if (step.waits && response !== null && this.#isPending(step, response)) return false;
    if (response === null) return this.#fail(step, error);
    const expected = [step.expect].flat();
    if (!expected.includes(response.status)) {
      step.refused?.(this.known);
      const { error: code, error_description: description, message } = response.json ?? {};
      const told =
        step.otherwise?.[response.status] ?? [code, description ?? message].filter(Boolean).join(": ");
      return this.#fail(step, `Expected ${expected.join(" or ")}, got ${response.status}. ${told}`.trim());
    }
    try {
      step.learn?.(this.known, response);
    } catch (unusable) {
      return this.#fail(step, unusable.message);
    }
    step.state = "done";
    this.current += 1;
    while (this.next?.skip?.(this.known)) {
      this.next.state = "skipped";
      this.current += 1;
    }
    this.#changed();
    return true;
  }

  /** Whether the person has not decided yet, or the server asks for patience. Then the next poll is planned. */
  #isPending(step, response) {
    const slowDown = response.json?.error === "slow_down";
    const limited = response.status === 429 || response.status === 503;
    const pending = step.pending?.(response, this.known) ?? response.json?.error === "authorization_pending";
    if (!pending && !slowDown && !limited) return false;
    if (slowDown) this.known.interval += 5;
    const retryAfter = Number(response.headers["retry-after"]);
    const seconds = limited && retryAfter > 0 ? retryAfter : this.known.interval;
    step.state = "waiting";
    this.nextPollAt = Date.now() + seconds * 1000;
    // Checked against the clock: browsers slow timers down in tabs nobody looks at.
    this.#timer = setInterval(() => {
      if (Date.now() >= this.nextPollAt) void this.step();
      else this.#changed();
    }, 1000);
    this.#changed();
    return true;
  }

  #fail(step, problem) {
    step.state = "failed";
    this.problem = problem;
    this.#changed();
    return false;
  }

  #stopPolling() {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.nextPollAt = null;
  }
}
