// The load of memory.mjs: registers as many agents as each message asks for, twenty at a time.
import autocannon from "autocannon";

process.on("message", async ({ url, amount }) => {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ type: "anonymous" });
  const result = await autocannon({
    ...{ url: `${url}/agent/identity`, method: "POST", headers, body, connections: 20, amount },
  });
  if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx + result.errors} were refused`);
  process.send({ done: result.requests.total });
});
process.on("disconnect", () => process.exit());
