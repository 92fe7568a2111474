/** Owns what the tests of `auth.admin` share: an operator, agents in numbers, and a second instance on the same file. */
import type { AgentAuth } from "@agent-auth/middleware";
import { expect } from "@jest/globals";
import Database from "better-sqlite3";
import type { ProviderWorld } from "./issuer-world.js";
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
export function multiply(
  stage: Pick<ProviderWorld, "storage">,
  id: string,
  times: number,
  prefix = "reg_copy",
): void {
  const database = new Database(stage.storage.slice("sqlite:".length));
  try {
    const row = database
      .prepare<[string], Record<string, unknown>>("SELECT * FROM registrations WHERE id = ?")
      .get(id);
    const columns = Object.keys(row ?? {});
    const insert = database.prepare(
      `INSERT INTO registrations (${columns.join(", ")}) VALUES (${columns.map((name) => `@${name}`).join(", ")})`,
    );
    database.transaction(() => {
      for (let number = 0; number < times; number += 1)
        insert.run({
          ...row,
          id: `${prefix}_${number}`,
          claim_token_hash: `${prefix}_${number}`,
          subject: null,
          issuer: null,
        });
    })();
  } finally {
    database.close();
  }
}

/** Keeps everybody else from writing to the file, as a backup or a stuck process would, until it is let go. */
export function lock({ storage }: Pick<ProviderWorld, "storage">): () => void {
  const database = new Database(storage.slice("sqlite:".length));
  database.exec("BEGIN IMMEDIATE");
  return () => database.close();
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
