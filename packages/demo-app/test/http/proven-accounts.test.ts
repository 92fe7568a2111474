/** Owns the tests of accounts made for somebody who proved a mailbox by the link of a claim mail. */
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { openAccounts } from "../../src/accounts.js";
import { type DemoDatabase, openDatabase } from "../../src/database.js";

describe("an account made for whoever reads mail at an address", () => {
  let database: DemoDatabase;
  let accounts: ReturnType<typeof openAccounts>;
  beforeEach(async () => {
    database = openDatabase(null);
    accounts = openAccounts(database);
    await accounts.seed();
  });
  afterEach(() => {
    database.close();
  });
  const erin = { email: "Erin@example.com", name: null, issuer: null, idempotencyKey: "key-1" };
  const signUp = (password: string) => accounts.signUp({ email: "erin@example.com", password, name: "Erin" });

  it("is verified, found by its address, and the same one every time", () => {
    const made = accounts.create(erin);
    expect(made).toMatchObject({ email: "erin@example.com", name: "erin", emailVerified: true });
    expect(accounts.create({ ...erin, idempotencyKey: "key-2" })).toEqual(made);
    expect(accounts.findByEmail("erin@example.com")).toEqual(made);
    expect(accounts.findById(made?.id ?? "")).toEqual(made);
  });

  it("is the one that the address has already", () => {
    const alice = accounts.findByEmail("alice@example.com");
    expect(alice).not.toBeNull();
    expect(accounts.create({ ...erin, email: "alice@example.com" })).toEqual(alice);
  });

  it("is nobody's to sign in to until its owner chooses a password and follows the link", async () => {
    const made = accounts.create(erin);
    for (const password of ["", "erin-demo"])
      expect(await accounts.signIn("erin@example.com", password)).toBeNull();
    const older = await signUp("somebody-elses");
    const token = await signUp("erin-demo");
    expect(await accounts.signIn("erin@example.com", "erin-demo")).toBeNull();
    expect(await accounts.verify(older ?? "", "erin-demo")).toBeNull();
    expect(accounts.findByVerification(token ?? "")).toEqual({ ...made, needsPassword: true });
    expect((await accounts.verify(token ?? "", "erin-chose"))?.id).toBe(made?.id);
    expect((await accounts.signIn("erin@example.com", "erin-chose"))?.id).toBe(made?.id);
    for (const typedBySomebody of ["erin-demo", "somebody-elses"])
      expect(await accounts.signIn("erin@example.com", typedBySomebody)).toBeNull();
    expect(await signUp("once-more")).toBeNull();
  });

  it("takes nothing over from somebody who signed up with the address and never proved it", async () => {
    const token = await signUp("strangers-password");
    const stranger = await accounts.signIn("erin@example.com", "strangers-password");
    expect(stranger?.emailVerified).toBe(false);
    const made = accounts.create(erin);
    expect(made?.id).not.toBe(stranger?.id);
    expect(accounts.findById(stranger?.id ?? "")).toBeNull();
    expect(await accounts.verify(token ?? "", null)).toBeNull();
    expect(await accounts.signIn("erin@example.com", "strangers-password")).toBeNull();
  });

  it("needs an address", () => {
    expect(accounts.create({ ...erin, email: null })).toBeNull();
  });
});
