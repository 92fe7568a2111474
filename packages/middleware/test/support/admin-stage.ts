/** Owns what the tests of `auth.admin` share: an operator, agents in numbers, and rounds of the sweeper. */
import type { AgentAuth } from "@agent-auth/middleware";
import { expect } from "@jest/globals";
import type { TestDatabase } from "./database.js";
import { exchange, register, type World } from "./world.js";

/** Who acts, why and from where. */
export const operator = { operatorId: "op_1", reason: "looks wrong", ip: "192.0.2.9" };
/** What every row of the audit log about it has. */
export const byOperator = { actor_kind: "operator", actor_id: "op_1", ip: "192.0.2.9" };

export interface Agent {
  id: string;
  accessToken: string;
}

/** An anonymous agent with an access token. */
export async function anAgent(stage: World, body: object = {}): Promise<Agent> {
  const { body: registered } = await register.anonymous(stage, body);
  const { body: tokens } = await exchange(stage, registered.identity_assertion);
  expect(tokens.access_token).toBeDefined();
  return { id: registered.id, accessToken: tokens.access_token };
}

/** Copies a registration as it is stored, under new ids. */
export async function multiply(
  { database }: { database: TestDatabase },
  id: string,
  times: number,
  prefix = "reg_copy",
): Promise<void> {
  const row = (await database.rows("registrations")).find((stored) => stored.id === id) ?? {};
  const columns = Object.keys(row);
  const values = (number: number) => {
    const name = `${prefix}_${number}`;
    return Object.values({ ...row, id: name, claim_token_hash: name, subject: null, issuer: null });
  };
  const one = `(${columns.map(() => "?").join(", ")})`;
  const insert = `INSERT INTO registrations (${columns.join(", ")}) VALUES `;
  // Both databases bound how many values one statement may have.
  for (let first = 0; first < times; first += 500) {
    const numbers = Array.from({ length: Math.min(500, times - first) }, (_, index) => first + index);
    await database.run(insert + numbers.map(() => one).join(", "), numbers.flatMap(values));
  }
}

/** Rounds until the job is finished; each moves the clock, so that lost leases run out. */
export async function finished(stage: World, jobId: string, auth: AgentAuth = stage.auth) {
  for (let round = 0; round < 5; round += 1) {
    await auth.sweep();
    const job = await auth.admin.findJob(jobId);
    if (job?.finishedAt != null) return job;
    stage.clock.advance(61);
  }
  throw new Error("The job does not end.");
}
