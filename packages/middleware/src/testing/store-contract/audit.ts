/** Owns the part of the contract about the audit log: appended in order, paged by id, announced once. */
import assert from "node:assert/strict";
import { announcedTypes } from "../../protocol/service-model.js";
import { anAuditEvent } from "../builders.js";
import { assertSame, crowd, now, race, type Suite } from "./suite.js";

/** Describes appendAudit, listAudit, listUnannounced and markAnnounced. */
export function describeAudit(suite: Suite): void {
  const append = (...events: Parameters<typeof anAuditEvent>[0][]) =>
    suite.store().appendAudit(events.map((event) => anAuditEvent(event)));

  suite.describe("listAudit", () => {
    suite.it("lists in the order of writing, whatever the events' own times, and pages by id", async () => {
      await append({ at: now + 2 }, { at: now }, { at: now + 1 });
      const all = await suite.store().listAudit({ limit: 10 });
      assertSame(
        all.map(({ at }) => at),
        [now + 2, now, now + 1],
      );
      const [first, second, third] = all;
      assert.ok(first && second && third);
      assert.ok(first.id < second.id && second.id < third.id);
      assertSame(await suite.store().listAudit({ limit: 2 }), [first, second]);
      assertSame(await suite.store().listAudit({ limit: 2, afterId: second.id }), [third]);
      assertSame(await suite.store().listAudit({ limit: 2, afterId: third.id }), []);
    });

    suite.it("filters by registration, by type and by both", async () => {
      await append(
        { registrationId: "reg_1", type: "claim.viewed" },
        { registrationId: "reg_2", type: "claim.viewed" },
        { registrationId: "reg_1", type: "claim.denied" },
        { type: "claim.viewed" },
      );
      const count = async (filter: Partial<Parameters<ReturnType<Suite["store"]>["listAudit"]>[0]>) =>
        (await suite.store().listAudit({ limit: 10, ...filter })).length;
      assert.equal(await count({ registrationId: "reg_1" }), 2);
      assert.equal(await count({ type: "claim.viewed" }), 3);
      assert.equal(await count({ registrationId: "reg_1", type: "claim.viewed" }), 1);
      assert.equal(await count({ registrationId: "reg_3" }), 0);
      const [first] = await suite.store().listAudit({ type: "claim.viewed", limit: 1 });
      assert.ok(first);
      assert.equal(await count({ type: "claim.viewed", afterId: first.id }), 2);
    });

    suite.it("keeps every event of a crowd, each with its own id", async () => {
      await race(() => append({}, {}));
      const all = await suite.store().listAudit({ limit: 1000 });
      assert.equal(new Set(all.map(({ id }) => id)).size, 2 * crowd);
    });

    suite.it("has nothing to append for an empty list", async () => {
      await suite.store().appendAudit([]);
      assertSame(await suite.store().listAudit({ limit: 10 }), []);
    });
  });

  suite.describe("listUnannounced", () => {
    const window = { types: ["claim.confirmed", "claim.denied"], after: now, before: now + 10 } as const;
    const list = async (limit = 10) =>
      suite.store().listUnannounced({ ...window, types: [...window.types], limit });

    suite.it("lists the asked types in the window, its start excluded and its end included", async () => {
      await append(
        { type: "claim.confirmed", at: now + 10 },
        { type: "claim.confirmed", at: now },
        { type: "claim.denied", at: now + 1 },
        { type: "claim.confirmed", at: now + 11 },
        { type: "claim.viewed", at: now + 5 },
      );
      const times = (await list()).map(({ at }) => at);
      assertSame(times, [now + 1, now + 10]);
      assert.equal((await list(1))[0]?.at, now + 1);
      assertSame(await suite.store().listUnannounced({ ...window, types: [], limit: 10 }), []);
    });

    suite.it("has every type that handlers can be told of, and none of the others", async () => {
      const others = ["token.issued", "assertion.issued", "claim.viewed", "mail.sent"] as const;
      await append(...[...announcedTypes, ...others].map((type) => ({ type, at: now + 1 })));
      const types = [...announcedTypes];
      const listed = await suite.store().listUnannounced({ ...window, types, limit: 50 });
      assertSame(listed.map(({ type }) => type).sort(), [...types].sort());
    });

    suite.it("leaves out what was announced, and marking twice or marking the unknown is fine", async () => {
      await append({ type: "claim.confirmed", at: now + 1 }, { type: "claim.denied", at: now + 2 });
      const [first, second] = await list();
      assert.ok(first && second);
      await suite.store().markAnnounced([first.id, 999_999]);
      await suite.store().markAnnounced([first.id]);
      await suite.store().markAnnounced([]);
      assertSame(await list(), [second]);
      assert.equal((await suite.store().listAudit({ limit: 10 })).length, 2);
    });
  });
}
