/** Behind a proxy that strips or keeps a prefix, or ends TLS: what we name is the public address, whoever asks. */
import type { AgentAuth } from "@agent-auth/middleware";
import { describe, expect, test } from "@jest/globals";
import express, { type Express } from "express";
import express4 from "express4";
import { type Host, openHost, type Shape } from "./host.js";
import { behindProxy } from "./proxy.js";
import { discover, send, walk, walked } from "./walk.js";

const versions: [string, typeof express][] = [
  ["Express 4", express4],
  ["Express 5", express],
];
const origin = "https://api.example.com";
const keeps = (path: string) => path;
/** The prefix is the proxy's: the host never sees it. The discovery documents and the login live at the root. */
const strips = (path: string) => {
  if (path.startsWith("/.well-known/") || path.startsWith("/login")) return path;
  return path.startsWith("/v1/") ? path.slice("/v1".length) : null;
};

interface Setup {
  name: string;
  shape: Shape;
  inside: (path: string) => string | null;
  api: string;
}
const underInner = (app: Express, auth: AgentAuth) => app.use(auth.wellKnown).use("/inner", auth);
const setups: Setup[] = [
  { name: "passes everything on", shape: {}, inside: keeps, api: "/api/notes" },
  {
    name: "strips the prefix that is the issuer's path",
    shape: { path: "/v1" },
    inside: strips,
    api: "/v1/api/notes",
  },
  {
    name: "strips the prefix that is the path of baseUrl",
    shape: { options: { baseUrl: `${origin}/v1` } },
    inside: strips,
    api: "/v1/api/notes",
  },
  {
    name: "strips one prefix and adds another, under which we are mounted",
    shape: { path: "/v1", mount: underInner },
    inside: (path) => {
      const stripped = strips(path);
      return stripped === null || stripped === path || /^\/api\//.test(stripped)
        ? stripped
        : `/inner${stripped}`;
    },
    api: "/v1/api/notes",
  },
  {
    name: "keeps the prefix, and we are mounted under it",
    shape: { path: "/v1", mount: (app, auth) => app.use(auth.wellKnown).use("/v1", auth) },
    inside: keeps,
    api: "/api/notes",
  },
  {
    name: "keeps the prefix, and we are mounted at the root",
    shape: { path: "/v1" },
    inside: keeps,
    api: "/api/notes",
  },
];

describe.each(versions)("%s", (_version, create) => {
  test.each(setups)("a proxy that $name carries the whole journey", async ({ shape, inside, api }) => {
    const host = await openHost({ ...shape, create, origin });
    const outside = await behindProxy({ ...host, api }, { inside });
    expect(await walk(outside)).toEqual(walked);
    expect([host.failures, host.warnings]).toEqual([[], []]);
  });
});

const client = "203.0.113.7";
const forwarded = {
  "X-Forwarded-For": client,
  "X-Forwarded-Proto": "https",
  "X-Forwarded-Host": "evil.example",
  "X-Forwarded-Prefix": "/evil",
  Forwarded: "for=203.0.113.99;host=evil.example;proto=http",
};

/** The address the claim page says a request came from. */
async function shownAddress(site: Host): Promise<string | undefined> {
  const { identity } = await discover(site);
  const asked = await send(site, "POST", identity, {
    json: { type: "service_auth", login_hint: "alice@example.com" },
  });
  const { claim } = JSON.parse(asked.text);
  site.sessions.set("known", { person: "alice" });
  const page = await send(site, "GET", claim.verification_uri, { headers: { Cookie: "sid=known" } });
  expect(page.status).toBe(200);
  return [client, "127.0.0.1", "203.0.113.99"].find((address) => page.text.includes(address));
}

describe.each(versions)("TLS ended by a proxy, %s", (_version, create) => {
  const proxied = async (trusted: NonNullable<Shape["trustProxy"]>) => {
    const host = await openHost({ create, origin, trustProxy: trusted });
    return behindProxy(host, { headers: forwarded });
  };

  test.each([1, "loopback", false] as const)(
    "with trust proxy %s carries the whole journey",
    async (trusted) => {
      const site = await proxied(trusted);
      expect(await walk(site)).toEqual(walked);
    },
  );

  test("the caller's address is the one the host's trust proxy lets us believe", async () => {
    expect(await shownAddress(await proxied(1))).toBe(client);
    expect(await shownAddress(await proxied(false))).toBe("127.0.0.1");
  });

  test.each([1, false] as const)(
    "with trust proxy %s no forwarded host or prefix ends up in anything we say",
    async (trusted) => {
      const site = await proxied(trusted);
      const named = await discover(site);
      const spoken = await Promise.all([
        send(site, "GET", site.api),
        send(site, "GET", "/.well-known/oauth-protected-resource"),
        send(site, "GET", "/.well-known/oauth-authorization-server"),
        send(site, "GET", named.skill),
        send(site, "POST", named.identity, {
          json: { type: "service_auth", login_hint: "alice@example.com" },
        }),
        send(site, "GET", "/agent/connected"),
      ]);
      for (const { headers, text } of spoken)
        expect(JSON.stringify([headers, text])).not.toMatch(/evil|127\.0\.0\.1/);
    },
  );

  test("pages speak of https to the browser even where the proxy's word is not trusted", async () => {
    const site = await proxied(false);
    const page = await send(site, "GET", "/agent/claim");
    expect([page.status, page.headers["strict-transport-security"]]).toEqual([404, "max-age=31536000"]);
  });
});
