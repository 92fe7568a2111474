// An ES module host.
import { agentAuth } from "@agent-auth/middleware";
import start from "./app.cjs";

const { default: express } = await import(process.env.EXPRESS);
start(express, agentAuth);
