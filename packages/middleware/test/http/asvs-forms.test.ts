/** OWASP ASVS 5.0 on every form there is, rule by rule (WEB-04, 05, 13, 22): who may send it, how, and how often. */
import { describe, expect, test } from "@jest/globals";
import { asked } from "../support/claim-visit.js";
import type { Row } from "../support/database.js";
import { approved } from "../support/event-stage.js";
import { type MailWorld, mailWorld } from "../support/mail-world.js";
import { leavesAll, mailboxWorld, mailedClaim } from "../support/mailbox.js";
import { formOf, PageBrowser, type PageForm, setCookies } from "../support/page-browser.js";
import { pathOf, personHeader, type Response } from "../support/world.js";
import { manageLink } from "./asvs-pages.js";

interface Scene {
  world: MailWorld;
  browser: PageBrowser;
  /** Where the form stands. */
  path: string;
  /** What the person chooses and types. */
  answers: Record<string, string | string[]>;
  /** Of the same kind, for somebody or something else. */
  other: () => Promise<PageForm>;
}

async function review(action: "authorize" | "deny"): Promise<Scene> {
  const world = await mailWorld();
  const waiting = await asked(world);
  const browser = new PageBrowser(world, "alice");
  const answers = { action, user_code: waiting.userCode, scope: ["api.read"] };
  const other = async () => formOf((await browser.get(pathOf((await asked(world)).uri))).text);
  return { world, browser, path: pathOf(waiting.uri), answers, other };
}

/** Of a mailed link, or of the one the agent was given. */
const pathIn = (link: string) => pathOf(new URL(link, "https://notes.example").href);

async function byMail(link: "claim" | "deny" | "uri", answers: Scene["answers"]): Promise<Scene> {
  const world = await mailboxWorld();
  const browser = new PageBrowser(world);
  const waiting = await mailedClaim(world);
  const other = async () => {
    const another = await mailedClaim(world, { login_hint: "bob@example.com" });
    return formOf((await browser.get(pathIn(another[link]))).text);
  };
  return {
    world,
    browser,
    path: pathIn(waiting[link]),
    answers,
    other,
  };
}

const forms: Record<string, () => Promise<Scene>> = {
  Authorize: () => review("authorize"),
  Deny: () => review("deny"),
  Revoke: async () => {
    const world = await mailWorld();
    const browser = new PageBrowser(world, "alice");
    await approved(world, await asked(world), "alice");
    const other = async () => {
      await approved(world, await asked(world, { login_hint: "bob@example.com" }), "bob");
      return formOf((await new PageBrowser(world, "bob").get("/agent/connected")).text);
    };
    return { world, browser, path: "/agent/connected", answers: { action: "revoke" }, other };
  },
  "Continue of a mailed link": () => byMail("claim", {}),
  "this was not me": () => byMail("deny", {}),
  "Send again": () => byMail("uri", { action: "resend" }),
  "Open of a manage link": async () => {
    const world = await mailboxWorld();
    const browser = new PageBrowser(world);
    const path = await manageLink(world);
    const other = async () => formOf((await browser.get(await manageLink(world))).text);
    return { world, browser, path, answers: {}, other };
  },
  "Send a link": async () => {
    const world = await mailboxWorld();
    const browser = new PageBrowser(world);
    await manageLink(world);
    // There is one such form; another page's token is no token of it.
    const other = async () => formOf((await browser.get((await mailedClaim(world)).claim)).text);
    const answers = { action: "send_link", email: "alice@example.com" };
    return { world, browser, path: "/agent/connected", answers, other };
  },
};

/** Sends a form with these headers and none of those a browser adds by itself. */
function sendRaw({ world, browser, answers }: Scene, { target, fields }: PageForm, headers: object) {
  const request = world.agent.post(target).set({ ...headers });
  if (browser.person !== null) request.set(personHeader, browser.person);
  const form = new URLSearchParams();
  for (const [name, values] of Object.entries({ ...fields, ...answers }))
    for (const value of [values].flat()) form.append(name, value);
  return request.type("form").send(form.toString());
}

const otherSites = [
  { "Sec-Fetch-Site": "cross-site" },
  { "Sec-Fetch-Site": "same-site" },
  { "Sec-Fetch-Site": "nonsense" },
  // Browsers of before, which do not say.
  { Origin: "https://evil.example" },
  { Origin: "null" },
  { Origin: "https://notes.example:444" },
  { Origin: "http://notes.example" },
];

const formAt = async ({ browser, path }: Scene) => formOf((await browser.get(path)).text);

/** Everything a form can do: rows, mail, and the browser's cookies. */
async function effectsOf(scene: Scene, send: () => Promise<Response>): Promise<boolean> {
  const look = async () => JSON.stringify([await scene.world.snapshot(), await scene.world.outbox()]);
  const before = await look();
  const response = await send();
  expect(response.status).toBeLessThan(500);
  return (await look()) !== before || setCookies(response).length > 0;
}

describe.each(Object.entries(forms))("the form %s", (_name, open) => {
  /** Sends it forged: nothing happens, nobody is let in. */
  const refused = async (scene: Scene, form: PageForm, changes: object) => {
    const response = await leavesAll(scene.world, () =>
      scene.browser.submit(form, { ...scene.answers, ...changes }),
    );
    expect(setCookies(response)).toEqual([]);
    return response;
  };

  test("WEB-04 works from our page: the refusals below are those of the forgery", async () => {
    const scene = await open();
    const form = await formAt(scene);
    expect(await effectsOf(scene, () => sendRaw(scene, form, { Origin: "https://notes.example" }))).toBe(
      true,
    );
  });

  test("WEB-04 from another site, a sister site, or a page without an origin is 403, and changes nothing", async () => {
    const scene = await open();
    const form = await formAt(scene);
    for (const headers of otherSites) {
      const response = await leavesAll(scene.world, () => sendRaw(scene, form, headers));
      expect([headers, response.status, setCookies(response)]).toEqual([headers, 403, []]);
    }
  });

  test("WEB-04 without its token, or with a changed or a foreign one, changes nothing", async () => {
    const scene = await open();
    const form = await formAt(scene);
    const good = form.fields.csrf as string;
    const foreign = (await scene.other()).fields.csrf as string;
    expect(foreign).not.toBe(good);
    const changed = good.slice(0, -2) + (good.at(-2) === "A" ? "B" : "A") + good.slice(-1);
    for (const csrf of [null, "", changed, foreign, [good, good]]) {
      const response = await refused(scene, form, { csrf });
      // Where there is nothing to lose but a press, the page is simply shown again.
      expect([200, 303, 400, 403]).toContain(response.status);
    }
    expect(await effectsOf(scene, () => scene.browser.submit(form, scene.answers))).toBe(true);
  });

  test("WEB-04 in a type that other sites may send without asking is 415, and changes nothing", async () => {
    const scene = await open();
    const form = await formAt(scene);
    const all = { ...form.fields, ...scene.answers };
    for (const type of ["text/plain", "application/json", "multipart/form-data; boundary=x"]) {
      const body = type.endsWith("json") ? JSON.stringify(all) : new URLSearchParams(all as never).toString();
      const response = await leavesAll(scene.world, () =>
        scene.world.agent.post(form.target).set({ "Content-Type": type }).send(body),
      );
      expect([type, response.status]).toEqual([type, 415]);
    }
  });

  test("WEB-05 looking at its page changes nothing, with its fields in the address neither", async () => {
    const scene = await open();
    // The first look at a review is noted, once, for whoever asks later whether the person saw it.
    const form = await formAt(scene);
    for (const look of [() => scene.browser.get(scene.path), () => scene.browser.head(scene.path)])
      await leavesAll(scene.world, look);
    const asQuery = new URLSearchParams({ ...form.fields, ...scene.answers } as never);
    const response = await leavesAll(scene.world, () => scene.browser.get(`${form.target}?${asQuery}`));
    expect(setCookies(response)).toEqual([]);
    expect(await effectsOf(scene, () => scene.browser.submit(form, scene.answers))).toBe(true);
  });

  test("WEB-22 sent twice it has one effect and two friendly answers", async () => {
    const scene = await open();
    const form = await formAt(scene);
    const sent = await scene.browser.submit(form, scene.answers);
    const { audit_events: first, ...before } = await scene.world.snapshot();
    const again = await scene.browser.submit(form, scene.answers);
    const { audit_events: second, ...after } = await scene.world.snapshot();
    expect([200, 303, 410]).toContain(again.status);
    expect(sent.status).toBeLessThan(400);
    expect(after).toEqual(before);
    // A mail that is asked for again goes out again, and when that is noted is up to its server.
    const noted = (rows: Row[]) => rows.map(({ type }) => type).filter((type) => type !== "mail.sent");
    expect(noted(second)).toEqual(noted(first));
  });
});

describe("WEB-13 the way back from the host's login", () => {
  const hostile = [
    "?claim_attempt_token=//evil.example",
    "?claim_attempt_token=x&return_to=https://evil.example",
    "?return_to=/%5Cevil.example",
    "?claim_attempt_token=%0d%0aLocation:%20https://evil.example",
    "?manage=&x=javascript:alert(1)",
  ];

  test("is a path of our pages on this origin, whatever the address and the headers say", async () => {
    const world = await mailWorld();
    const { uri } = await asked(world);
    const stranger = new PageBrowser(world);
    const found = [];
    for (const query of hostile) {
      for (const path of [`${pathOf(uri)}&${query.slice(1)}`, `/agent/connected${query}`]) {
        const response = await world.agent.get(path).set({
          Host: "evil.example",
          "X-Forwarded-Host": "evil.example",
          Referer: "https://evil.example/",
        });
        if (response.status !== 302) continue;
        const back = new URL(response.headers.location as string, "https://notes.example").searchParams.get(
          "return_to",
        );
        found.push(path);
        expect(back).toMatch(/^\/agent\/(claim|connected)(\?claim_attempt_token=[\w-]+)?$/);
        expect(new URL(back as string, "https://notes.example").origin).toBe("https://notes.example");
      }
    }
    expect(found.length).toBeGreaterThanOrEqual(4);
    expect((await stranger.get(pathOf(uri))).status).toBe(302);
  });
});

test("WEB-04 endpoints of agents take no notice of cookies, and set none", async () => {
  const world = await mailWorld();
  await approved(world, await asked(world), "alice");
  const cookie = { Cookie: "sid=alice; aa_manage=x; __Secure-aa_manage=y", "x-test-person": "alice" };
  for (const path of ["/agent/identity", "/agent/identity/claim", "/agent/identity/claim/complete"]) {
    const response = await leavesAll(world, () => world.agent.post(path).set(cookie).send({}));
    expect([path, response.status, response.body.error]).toEqual([path, 400, "invalid_request"]);
    expect(response.headers).not.toHaveProperty("set-cookie");
  }
  for (const path of ["/oauth2/token", "/oauth2/revoke"]) {
    const response = await leavesAll(world, () =>
      world.agent.post(path).set(cookie).type("form").send("a=b"),
    );
    expect([path, response.status]).toEqual([path, 400]);
    expect(response.headers).not.toHaveProperty("set-cookie");
  }
  const called = await world.agent.get("/api/notes").set(cookie);
  expect([called.status, called.body.error]).toEqual([401, "authentication_required"]);
});
