/** Owns nodes in processes of their own, which can be killed at any moment, and what operators and time do to them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ask } from "./agent.js";

const script = fileURLToPath(new URL("node.mjs", import.meta.url));

/** What a node is started with. */
export interface NodeSettings {
  storage: { url: string; schema: string; pool?: object; tls?: object };
  /** Issuer of a trusted provider. */
  provider?: string;
  /** URL of a mail server. */
  mail?: string;
  limits?: object;
  /** Off, unless a test is about it: nothing happens then but what the test does. */
  backgroundWork?: boolean;
}

export interface NodeProcess {
  origin: string;
  /** Settles when the node says that it is ready, and rejects with what it said if it ends before that. */
  ready: Promise<void>;
  /** Does one of the verbs of `node.mjs`. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into member by member
  act(verb: string, input?: object): Promise<any>;
  /** `kill -9`: nothing of it runs any more, no handler, no flush. */
  kill(): Promise<void>;
  isKilled(): boolean;
  /** What it wrote to standard error. */
  errors(): string;
}

/** A busy machine may take its time. */
const patientPool = {
  ...{ max: 6, connectTimeoutMilliseconds: 20_000 },
  ...{ statementTimeoutMilliseconds: 20_000, lockTimeoutMilliseconds: 20_000 },
};

/** Starts a node, which listens when this returns. */
export async function launchNode(settings: NodeSettings): Promise<NodeProcess> {
  const { storage, provider = "http://127.0.0.1:9", mail = null, limits = false } = settings;
  const { backgroundWork = false } = settings;
  const given = { provider, mail, limits, backgroundWork, storage: { pool: patientPool, ...storage } };
  const child = spawn(process.execPath, [script, JSON.stringify(given)]);
  let errors = "";
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`The node has ended: ${errors}`);
    return line.value;
  };
  const origin = `http://127.0.0.1:${await next()}`;
  const ready = next().then(() => {});
  ready.catch(() => {});
  return {
    origin,
    ready,
    errors: () => errors,
    isKilled: () => child.killed,
    kill: () => killed(child),
    async act(verb, input = {}) {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(input);
      const reply = await ask(origin, `/test/${verb}`, { method: "POST", headers, body });
      if (reply.status !== 200) throw new Error(`${verb}: ${reply.status} ${JSON.stringify(reply.body)}`);
      return reply.body;
    },
  };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

export type ThreeNodes = [NodeProcess, NodeProcess, NodeProcess];

/** Starts three nodes of one service, ready. */
export async function threeNodes(settings: NodeSettings): Promise<ThreeNodes> {
  const started = await Promise.all([launchNode(settings), launchNode(settings), launchNode(settings)]);
  await Promise.all(started.map(({ ready }) => ready));
  return started;
}
