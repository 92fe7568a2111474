/** Limits under many callers at once: exactly as many pass as the limit says, on one instance and on two. */
import { describe, expect, test } from "@jest/globals";
import { databaseStage, listening, stage } from "../support/stages.js";
import { claimGrant, jwtBearerGrant, register, startClaim } from "../support/world.js";

const callers = 200;
const quota = 60;

/** How many answers there were of each status. */
async function together(send: (index: number) => Promise<{ status: number }>) {
  const answers = await Promise.all(Array.from({ length: callers }, (_, index) => send(index)));
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const post = (url: string, path: string, body: object, ip = "192.0.2.1") =>
  fetch(url + path, {
    method: "POST",
    ...(path === "/oauth2/token"
      ? { body: new URLSearchParams(body as Record<string, string>) }
      : { body: JSON.stringify(body) }),
    headers: {
      "Content-Type": path === "/oauth2/token" ? "application/x-www-form-urlencoded" : "application/json",
      "X-Forwarded-For": ip,
    },
  });
const anonymous = { type: "anonymous" };

describe("two hundred callers at once", () => {
  test("from one address: the quota passes, and as many are registered", async () => {
    const host = await databaseStage({
      options: { limits: { anonymousPerIpPerHour: quota, anonymousPerHour: 500 } },
    });
    const { url } = await listening(host.app);
    expect(await together(() => post(url, "/agent/identity", anonymous))).toEqual({
      200: quota,
      429: callers - quota,
    });
    expect(((await host.stored()) as { registrations: unknown[] }).registrations).toHaveLength(quota);
  });

  test("from as many addresses: the quota of the service passes", async () => {
    const host = await databaseStage({ options: { limits: { anonymousPerHour: quota } } });
    host.app.set("trust proxy", "loopback");
    const { url } = await listening(host.app);
    const send = (index: number) => post(url, "/agent/identity", anonymous, `198.51.100.${index}`);
    expect(await together(send)).toEqual({ 200: quota, 429: callers - quota });
  });

  test("from one registration: the quota of tokens is issued, none is more", async () => {
    const host = await databaseStage({ options: { limits: { tokenPerRegistrationPerHour: quota } } });
    const { url } = await listening(host.app);
    const { identity_assertion: assertion } = (await register.anonymous(host)).body;
    const send = () => post(url, "/oauth2/token", { grant_type: jwtBearerGrant, assertion });
    expect(await together(send)).toEqual({ 200: quota, 429: callers - quota });
    expect(((await host.stored()) as { access_tokens: unknown[] }).access_tokens).toHaveLength(quota);
  });

  test("that poll too early spend the same budget, and are slowed down until it is gone", async () => {
    const host = await databaseStage({ options: { limits: { tokenPerRegistrationPerHour: quota } } });
    const { url } = await listening(host.app);
    const { claim_token } = (await register.serviceAuth(host)).body;
    const send = () => post(url, "/oauth2/token", { grant_type: claimGrant, claim_token });
    // The first of them is in time.
    expect(await together(send)).toEqual({ 400: quota + 1, 429: callers - quota - 1 });
  });

  test("on two instances with one database: the quota passes, whoever asks where", async () => {
    const limits = { claimPerIpPerHour: quota };
    const first = await databaseStage({ options: { limits } });
    const second = await stage({ options: { limits, storage: first.database.storage } });
    const urls = [(await listening(first.app)).url, (await listening(second.app)).url];
    const send = (index: number) =>
      post(urls[index % 2] as string, "/agent/identity/claim", {
        claim_token: "ct_unknown",
        login_hint: "alice@example.com",
      });
    expect(await together(send)).toEqual({ 401: quota, 429: callers - quota });
    for (const host of [first, second]) expect((await startClaim(host, "ct_unknown")).status).toBe(429);
    const counted = await first.database.run("SELECT points FROM rate_limits WHERE key LIKE 'claim-ip:%'");
    expect(counted).toEqual([{ points: callers + 2 }]);
  });
});
