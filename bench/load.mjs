// The load: autocannon in a process of its own, so that making requests does not cost the server its time.
// Started by run.mjs; takes one measurement per message and answers with its result.
import autocannon from "autocannon";

process.on("message", async ({ request, seconds, connections }) => {
  const result = await autocannon({ ...request, connections, duration: seconds });
  process.send({
    requests: result.requests.total,
    perSecond: result.requests.total / result.duration,
    p99: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts,
  });
});
process.on("disconnect", () => process.exit());
