/** Owns the part of the contract about scopes that were used: what `Store.recordUse` keeps of them, and for how long. */
import assert from "node:assert/strict";
import type { Registration } from "../../protocol/model.js";
import { aRegistration, someTime } from "../builders.js";
import { type AdminSuite, now, storeAll } from "./suite.js";

/** Describes listScopeUses. */
export function describeScopeUses(suite: AdminSuite): void {
  const stored = async (part: Partial<Registration> = {}) => {
    const registration = aRegistration({ scopes: ["api.read", "api.write", "api"], ...part });
    await storeAll(suite.store(), [registration]);
    return registration.id;
  };
  const use = (registrationId: string, at: number, ...scopes: string[]) =>
    suite.store().recordUse([{ registrationId, at, scopes }]);
  const usesOf = async (id: string) =>
    (await suite.queries().listScopeUses(id)).map(({ scope, lastUsedAt }) => `${scope} ${lastUsedAt}`).join();

  suite.describe("listScopeUses", () => {
    suite.it("is empty before a call needed a scope, and for registrations that are not there", async () => {
      const id = await stored();
      await use(id, now);
      for (const one of [id, "reg_nobody", "", "' OR 1=1 --"]) assert.equal(await usesOf(one), "");
    });

    suite.it("has the newest time of each scope, whatever comes later with an older one", async () => {
      const id = await stored();
      const other = await stored();
      await suite.store().recordUse([
        { registrationId: id, at: now + 5, scopes: ["api.write", "api.read"] },
        { registrationId: id, at: now, scopes: ["api.read", "api.read"] },
        { registrationId: other, at: now + 9, scopes: ["api.read"] },
      ]);
      await use(id, now + 7, "api.write");
      await use(id, now + 6, "api.write");
      assert.equal(await usesOf(id), `api.read ${now + 5},api.write ${now + 7}`);
      assert.equal(await usesOf(other), `api.read ${now + 9}`);
      const used = await suite.store().findRegistration(id);
      assert.equal(used?.lastUsedAt, now + 7);
    });

    suite.it("leaves out a time within the resolution of the stored one, for each scope apart", async () => {
      const id = await stored();
      const within = (at: number, ...scopes: string[]) =>
        suite.store().recordUse([{ registrationId: id, at, scopes }], 60);
      await within(now, "api.read");
      await within(now + 30, "api.read", "api.write");
      assert.equal(await usesOf(id), `api.read ${now},api.write ${now + 30}`);
      await within(now + 61, "api.read", "api.write");
      assert.equal(await usesOf(id), `api.read ${now + 61},api.write ${now + 30}`);
    });

    suite.it(
      "has no scope that the registration does not hold, as a whole word and letter by letter",
      async () => {
        const id = await stored();
        await use(id, now, "API.READ", "api.", "read", "admin", "api.read api.write", "", "%", "api.read\0");
        assert.equal(await usesOf(id), "");
        await use(id, now, "api");
        assert.equal(await usesOf(id), `api ${now}`);
      },
    );

    suite.it("forgets a scope that was taken away, and keeps as few as the registration holds", async () => {
      const [issuer, subject] = ["https://a.example", "subject_1"];
      const terms = { issuer, subject, userId: "user_alice", version: 0, issuedAt: someTime, scopes: null };
      const granting = async (scopes: string[]) => {
        const registration = aRegistration({
          ...{ kind: "identity_assertion", issuer, subject, userId: "user_alice", scopes, claimedAt: now },
        });
        const delegation = await suite.store().findDelegation(issuer, subject);
        const version = delegation?.version ?? 0;
        const admitted = await suite
          .store()
          .admitByIdJag({ terms: { ...terms, version }, link: true, registration, now, audit: [] });
        assert.equal(admitted.outcome, "admitted");
        return (await suite.store().findRegistrationBySubject(issuer, subject))?.id ?? "";
      };
      const id = await granting(["api.read", "api.write"]);
      await use(id, now, "api.read", "api.write");
      assert.equal(await granting(["api.read"]), id);
      assert.equal(await usesOf(id), `api.read ${now}`);
      await use(id, now + 1, "api.read", "api.write");
      assert.equal(await usesOf(id), `api.read ${now + 1}`);
    });

    suite.it("keeps the newest of a crowd", async () => {
      const id = await stored();
      await Promise.all(
        Array.from({ length: 20 }, (_, caller) => use(id, now + ((caller * 7) % 20), "api.read")),
      );
      assert.equal(await usesOf(id), `api.read ${now + 19}`);
    });

    suite.it("goes with its registration", async () => {
      const over = { revokedAt: someTime, revokedBy: "user", revokedReason: "test" } as const;
      const id = await stored({ id: "reg_again", ...over });
      await use(id, now, "api.read");
      assert.equal(await suite.store().deleteEndedRegistrations(now, 10), 1);
      assert.equal(await usesOf(id), "");
      // Nothing of it is left for one that would come after.
      await stored({ id });
      assert.equal(await usesOf(id), "");
    });

    suite.it("survives the end of its registration, for whoever looks into what happened", async () => {
      const id = await stored();
      await use(id, now, "api.read");
      const actor = { kind: "operator", id: "operator_1" } as const;
      const end = { registrationId: id, actor, reason: "test", now, audit: [] };
      assert.equal(await suite.store().endRegistration({ ...end, as: "revoked" }), true);
      assert.equal(await usesOf(id), `api.read ${now}`);
    });
  });
}
