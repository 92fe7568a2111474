/** Owns the tests of signing up and verifying an address. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { Browser, fieldValue } from "../support/browser.js";
import { outbox } from "../support/mail.js";
import { startDemo } from "../support/running-demo.js";

describe("signup", () => {
  let demo: RunningDemo;
  beforeAll(async () => {
    demo = await startDemo();
  });
  afterAll(() => demo.close());

  const details = { name: "Carol", password: "carol-demo", return_to: "/" };
  const lastMail = async () => (await outbox(demo.baseUrl)).at(-1);
  const linkIn = (text = "") => /http\S+\/verify\S*/.exec(text)?.[0] ?? "";

  it("starts with an outbox that says what will be there", async () => {
    const browser = new Browser(demo.baseUrl);
    expect(await outbox(demo.baseUrl)).toEqual([]);
    expect((await browser.get("/dev/outbox")).html).toContain("No mail yet");
  });

  it("makes an unverified account, verified by the button behind the link", async () => {
    const browser = new Browser(demo.baseUrl);
    const answer = await browser.submit("/signup", { ...details, email: "carol@example.com" });
    expect(answer).toMatchObject({ status: 303, location: "/signup/sent" });
    await browser.signIn("carol@example.com", "carol-demo");
    expect((await browser.get("/")).html).toContain("Your address is not verified yet");

    const mail = await lastMail();
    expect(mail).toMatchObject({ to: "carol@example.com", subject: "Verify your address" });

    // Link scanners open links: only the button verifies.
    const page = await browser.get(linkIn(mail?.text));
    expect(page.status).toBe(200);
    expect((await browser.get("/")).html).toContain("Your address is not verified yet");
    const token = fieldValue(page.html, "token");
    expect((await browser.submit("/verify", { token, return_to: "/" })).status).toBe(200);
    expect((await browser.get("/")).html).not.toContain("Your address is not verified yet");
    expect((await browser.submit("/verify", { token, return_to: "/" })).status).toBe(404);
  });

  it("does not tell whether an address has an account, except to its mailbox", async () => {
    const browser = new Browser(demo.baseUrl);
    const answer = await browser.submit("/signup", {
      ...details,
      email: "Alice@example.com",
      password: "stolen-it",
    });
    expect(answer).toMatchObject({ status: 303, location: "/signup/sent" });
    expect(await lastMail()).toMatchObject({
      to: "alice@example.com",
      subject: "You already have an account",
    });
    expect((await browser.signIn("alice@example.com", "stolen-it")).status).toBe(401);
    expect((await browser.signIn("alice@example.com", "alice-demo")).status).toBe(303);
  });

  it("lets only the newest link and password of an unverified account count", async () => {
    const browser = new Browser(demo.baseUrl);
    await browser.submit("/signup", { ...details, email: "dave@example.com", password: "first-password" });
    const first = linkIn((await lastMail())?.text);
    await browser.submit("/signup", { ...details, email: "dave@example.com", password: "second-password" });
    expect((await browser.get(first)).status).toBe(404);
    expect((await browser.signIn("dave@example.com", "first-password")).status).toBe(401);
    expect((await browser.signIn("dave@example.com", "second-password")).status).toBe(303);
  });

  it.each([
    ["email", { email: "not-an-address" }],
    ["password", { password: "short" }],
    ["name", { name: "n".repeat(101) }],
  ])("names what is wrong with %s next to the field, and creates nothing", async (name, change) => {
    const before = (await outbox(demo.baseUrl)).length;
    const browser = new Browser(demo.baseUrl);
    const page = await browser.submit("/signup", { ...details, email: "eve@example.com", ...change });
    expect(page.status).toBe(400);
    expect(page.html).toContain(`id="${name}-problem"`);
    expect(await outbox(demo.baseUrl)).toHaveLength(before);
  });

  it("puts nothing that somebody typed into a mail that somebody else may read", async () => {
    const browser = new Browser(demo.baseUrl);
    const name = "Visit evil.example";
    await browser.submit("/signup", { ...details, name, email: "mallory@example.com" });
    const mail = await lastMail();
    expect(mail?.to).toBe("mallory@example.com");
    expect(JSON.stringify(mail)).not.toContain("evil.example");
  });
});
