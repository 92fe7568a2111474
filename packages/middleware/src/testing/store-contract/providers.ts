/** Owns the part of the contract about the operators' trust list. */
import assert from "node:assert/strict";
import { anAuditEvent, aProvider, someTime } from "../builders.js";
import { assertOneWinner, assertSame, now, race, type Suite, withoutEffect } from "./suite.js";

/** Describes the verbs of providers. */
export function describeProviders(suite: Suite): void {
  const audit = [anAuditEvent({ type: "provider.added" })];
  const save = (overrides: Parameters<typeof aProvider>[0] = {}) => {
    const provider = aProvider(overrides);
    return suite
      .store()
      .saveProvider({ provider, now, audit })
      .then(() => provider);
  };
  const disable = (issuer: string, disabled: boolean) =>
    suite
      .store()
      .setProviderDisabled({ issuer, disabled, now, audit: [anAuditEvent({ type: "provider.disabled" })] });
  const types = async () => (await suite.store().listAudit({ limit: 100 })).map(({ type }) => type);

  suite.describe("saveProvider", () => {
    suite.it("gives back every field, found by its issuer alone", async () => {
      const full = await save({
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
      const bare = await save({ allowedEmailDomains: [], scopes: [] });
      assertSame(await suite.store().findProvider(full.issuer), full);
      assertSame(await suite.store().findProvider(bare.issuer), bare);
      assert.equal(await suite.store().findProvider(`${full.issuer}/`), null);
      assertSame(await types(), ["provider.added", "provider.added"]);
    });

    suite.it("replaces the entry of an issuer as a whole", async () => {
      const { issuer } = await save({ scopes: ["api.read"], clientIds: ["one"] });
      const replaced = await save({ issuer, name: "Renamed" });
      assertSame(await suite.store().listProviders(), [replaced]);
    });

    suite.it("neither enables nor disables an entry that is there", async () => {
      const stopped = await save({ disabledAt: someTime });
      await save({ ...stopped, disabledAt: null });
      assertSame(await suite.store().findProvider(stopped.issuer), stopped);
      const active = await save();
      await save({ ...active, disabledAt: someTime });
      assertSame(await suite.store().findProvider(active.issuer), active);
    });

    suite.it("survives a restart", async () => {
      const provider = await save();
      assertSame(await (await suite.restarted()).listProviders(), [provider]);
    });
  });

  suite.describe("listProviders", () => {
    suite.it("lists all, disabled ones too, by issuer", async () => {
      const second = await save({ issuer: "https://b.example", disabledAt: someTime });
      const first = await save({ issuer: "https://a.example" });
      assertSame(await suite.store().listProviders(), [first, second]);
    });
  });

  suite.describe("setProviderDisabled", () => {
    suite.it("disables and enables, and touches nothing else", async () => {
      const provider = await save();
      assert.equal(await disable(provider.issuer, true), true);
      assertSame(await suite.store().findProvider(provider.issuer), { ...provider, disabledAt: now });
      assert.equal(await disable(provider.issuer, false), true);
      assertSame(await suite.store().findProvider(provider.issuer), provider);
      assertSame(await types(), ["provider.added", "provider.disabled", "provider.disabled"]);
    });

    suite.it(
      "answers false when it is so already or there is no such entry, and changes nothing",
      async () => {
        const enabled = await save();
        const disabled = await save({ disabledAt: someTime });
        await withoutEffect(suite.store(), {}, async () => {
          assert.equal(await disable(enabled.issuer, false), false);
          assert.equal(await disable(disabled.issuer, true), false);
          assert.equal(await disable("https://nobody.example", true), false);
          assert.equal(await disable("https://nobody.example", false), false);
        });
      },
    );

    suite.it(
      "disables an issuer without an entry by the one it is given, and enables nobody by it",
      async () => {
        const entry = aProvider();
        const { issuer } = entry;
        const call = (disabled: boolean) =>
          suite.store().setProviderDisabled({ issuer, disabled, now, audit: [], entry });
        assert.equal(await call(false), false);
        assert.equal(await suite.store().findProvider(issuer), null);
        assertOneWinner(await race(() => call(true)), true);
        assertSame(await suite.store().findProvider(issuer), { ...entry, disabledAt: now });
        assert.equal(await call(false), true);
        assertSame(await suite.store().findProvider(issuer), entry);
        await save({ issuer, name: "Kept" });
        assert.equal(await call(true), true);
        assert.equal((await suite.store().findProvider(issuer))?.name, "Kept");
      },
    );

    suite.it("has one winner in a crowd, and one audit event", async () => {
      const { issuer } = await save();
      assertOneWinner(await race(() => disable(issuer, true)), true);
      assertSame(await types(), ["provider.added", "provider.disabled"]);
    });
  });
}
