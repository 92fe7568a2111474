// The load: autocannon in a process of its own, so that making requests does not cost the server its time.
// Started by run.mjs; takes one measurement per message and answers with its result. A request with `tokens` sends the
// next of them each time.
import autocannon from "autocannon";

const positions = new Map();

function withTokens({ tokens, url }) {
  return {
    url,
    requests: [
      {
        setupRequest(request) {
          const position = positions.get(url) ?? 0;
          positions.set(url, (position + 1) % tokens.length);
          return { ...request, headers: { authorization: `Bearer ${tokens[position]}` } };
        },
      },
    ],
  };
}

process.on("message", async ({ request, seconds, connections }) => {
  const shape = request.tokens === undefined ? request : withTokens(request);
  const result = await autocannon({ ...shape, connections, duration: seconds });
  const { 200: _, ...others } = result.statusCodeStats ?? {};
  if (Object.keys(others).length > 0) process.stderr.write(`${request.url}: ${JSON.stringify(others)}\n`);
  process.send({
    requests: result.requests.total,
    perSecond: result.requests.total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts,
  });
});
process.on("disconnect", () => process.exit());
