/** Owns the part of the contract about the operators' trust list. */
import assert from "node:assert/strict";
import type { TrustedProvider } from "../../protocol/provider.js";
import { anAuditEvent, aProvider, someTime } from "../builders.js";
import { assertOneWinner, assertSame, now, race, type Suite, withoutEffect } from "./suite.js";

/** Describes the verbs of providers. */
export function describeProviders(suite: Suite): void {
  const audit = [anAuditEvent({ type: "provider.added" })];
  const add = async (overrides: Parameters<typeof aProvider>[0] = {}) => {
    const provider = aProvider(overrides);
    assert.equal(await suite.store().saveProvider({ provider, seen: null, now, audit }), true);
    return provider;
  };
  const change = (seen: TrustedProvider, overrides: Partial<TrustedProvider>) =>
    suite.store().saveProvider({
      provider: { ...seen, ...overrides },
      seen,
      now,
      audit: [anAuditEvent({ type: "provider.changed" })],
    });
  const disable = (issuer: string, disabled: boolean) =>
    suite
      .store()
      .setProviderDisabled({ issuer, disabled, now, audit: [anAuditEvent({ type: "provider.disabled" })] });
  const types = async () => (await suite.store().listAudit({ limit: 100 })).map(({ type }) => type);

  suite.describe("saveProvider", () => {
    suite.it("gives back every field, found by its issuer alone", async () => {
      const full = await add({
        name: 'Zoë\'s 日本語 "provider"',
        jwksUri: "https://keys.example/jwks",
        clientIds: ["client one", "https://client.example/meta"],
        algorithms: ["ES256", "RS256", "PS256", "EdDSA"],
        allowedEmailDomains: ["example.com", "münchen.example"],
        requiredAmr: ["mfa"],
        jit: false,
        scopes: ["api.write", "api.read"],
        maxAuthAgeSeconds: 1,
        disabledAt: someTime,
      });
      const bare = await add({ allowedEmailDomains: [], scopes: [] });
      assertSame(await suite.store().findProvider(full.issuer), full);
      assertSame(await suite.store().findProvider(bare.issuer), bare);
      assert.equal(await suite.store().findProvider(`${full.issuer}/`), null);
      assertSame(await types(), ["provider.added", "provider.added"]);
    });

    suite.it("replaces the policy of an entry as a whole", async () => {
      const entry = await add({ scopes: ["api.read"], clientIds: ["one"] });
      const replaced = aProvider({ issuer: entry.issuer, name: "Renamed" });
      assert.equal(await change(entry, replaced), true);
      assertSame(await suite.store().listProviders(), [replaced]);
      assertSame(await types(), ["provider.added", "provider.changed"]);
    });

    const policies: [string, Partial<TrustedProvider>][] = [
      ["name", { name: "Renamed" }],
      ["place of keys", { jwksUri: "https://keys.example/jwks" }],
      ["client ids", { clientIds: ["another"] }],
      ["algorithms", { algorithms: ["ES256", "EdDSA"] }],
      ["domains", { allowedEmailDomains: ["example.com"] }],
      ["methods", { requiredAmr: ["mfa"] }],
      ["provisioning", { jit: false }],
      ["scopes", { scopes: ["api.read"] }],
      ["age", { maxAuthAgeSeconds: 60 }],
    ];
    for (const [what, difference] of policies) {
      suite.it(`leaves an entry alone whose ${what} changed since it was seen`, async () => {
        const seen = await add();
        assert.equal(await change(seen, difference), true);
        await withoutEffect(suite.store(), {}, async () => {
          assert.equal(await change(seen, { name: "Too late" }), false);
        });
      });
    }

    suite.it("takes lists for the same in any order", async () => {
      const entry = await add({ clientIds: ["one", "two"], scopes: ["api.read", "api.write"] });
      const turned = { ...entry, clientIds: ["two", "one"], scopes: ["api.write", "api.read"] };
      assert.equal(await change(turned, { name: "Renamed" }), true);
    });

    suite.it("adds no entry where there is one, and changes none where there is none", async () => {
      const { issuer } = await add();
      const provider = aProvider({ issuer, name: "Second" });
      await withoutEffect(suite.store(), {}, async () => {
        assert.equal(await suite.store().saveProvider({ provider, seen: null, now, audit }), false);
        assert.equal(await change(aProvider(), { name: "Of nobody" }), false);
      });
    });

    suite.it("has one winner in a crowd that adds, and one in a crowd that changes", async () => {
      const provider = aProvider();
      const adding = await race(() => suite.store().saveProvider({ provider, seen: null, now, audit }));
      assertOneWinner(adding, true);
      assertOneWinner(await race((caller) => change(provider, { name: `Editor ${caller}` })), true);
      assertSame(await types(), ["provider.added", "provider.changed"]);
    });

    suite.it(
      "neither enables nor disables an entry that is there, nor minds that somebody else did",
      async () => {
        const seen = await add();
        assert.equal(await disable(seen.issuer, true), true);
        assert.equal(await change(seen, { name: "Renamed" }), true);
        const stopped = { ...seen, name: "Renamed", disabledAt: now };
        assertSame(await suite.store().findProvider(seen.issuer), stopped);
        assert.equal(await change(stopped, { name: "Again", disabledAt: null }), true);
        assertSame((await suite.store().findProvider(seen.issuer))?.disabledAt, now);
      },
    );

    suite.it("survives a restart", async () => {
      const provider = await add();
      assertSame(await (await suite.restarted()).listProviders(), [provider]);
    });
  });

  suite.describe("listProviders", () => {
    suite.it("lists all, disabled ones too, by issuer", async () => {
      const second = await add({ issuer: "https://b.example", disabledAt: someTime });
      const first = await add({ issuer: "https://a.example" });
      assertSame(await suite.store().listProviders(), [first, second]);
    });
  });

  suite.describe("setProviderDisabled", () => {
    suite.it("disables and enables, and touches nothing else", async () => {
      const provider = await add();
      assert.equal(await disable(provider.issuer, true), true);
      assertSame(await suite.store().findProvider(provider.issuer), { ...provider, disabledAt: now });
      assert.equal(await disable(provider.issuer, false), true);
      assertSame(await suite.store().findProvider(provider.issuer), provider);
      assertSame(await types(), ["provider.added", "provider.disabled", "provider.disabled"]);
    });

    suite.it(
      "answers false when it is so already or there is no such entry, and changes nothing",
      async () => {
        const enabled = await add();
        const disabled = await add({ disabledAt: someTime });
        await withoutEffect(suite.store(), {}, async () => {
          assert.equal(await disable(enabled.issuer, false), false);
          assert.equal(await disable(disabled.issuer, true), false);
          assert.equal(await disable("https://nobody.example", true), false);
          assert.equal(await disable("https://nobody.example", false), false);
        });
      },
    );

    suite.it("disables an issuer of the options by a row, which enabling takes away again", async () => {
      const entry = aProvider();
      const { issuer } = entry;
      const call = (disabled: boolean) =>
        suite.store().setProviderDisabled({ issuer, disabled, now, audit: [], entry });
      assert.equal(await call(false), false);
      assert.equal(await suite.store().findProvider(issuer), null);
      assertOneWinner(await race(() => call(true)), true);
      assertSame(await suite.store().findProvider(issuer), { ...entry, disabledAt: now });
      assertOneWinner(await race(() => call(false)), true);
      assert.equal(await suite.store().findProvider(issuer), null);
      await add({ issuer, name: "Kept" });
      assert.equal(await call(true), true);
      assert.equal((await suite.store().findProvider(issuer))?.name, "Kept");
    });

    suite.it("has one winner in a crowd, and one audit event", async () => {
      const { issuer } = await add();
      assertOneWinner(await race(() => disable(issuer, true)), true);
      assertSame(await types(), ["provider.added", "provider.disabled"]);
    });
  });
}
