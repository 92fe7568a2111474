/** Owns the part of the contract about what a job does to several registrations in one step. */
import assert from "node:assert/strict";
import type { AdminJobs, JobAction } from "../../admin-jobs-port.js";
import type { AuditEvent, Registration } from "../../protocol/model.js";
import { aLink, anAdminJob, anAuditEvent, aToken, someTime } from "../builders.js";
import { admission, linkPerson } from "../store-contract/identity-suite.js";
import {
  assertSame,
  eventOf,
  now,
  race,
  reread,
  revoked,
  type Suite,
  store,
} from "../store-contract/suite.js";

const types = {
  revoke: "registration.revoked",
  suspend: "registration.suspended",
  resume: "registration.resumed",
} as const satisfies Record<JobAction, AuditEvent["type"]>;
const actor = { kind: "operator", id: "op_1" } as const;

/** Describes changeRegistrations. */
export function describeBulkChanges(suite: Suite, jobs: () => AdminJobs): void {
  const mail = { template: "agent_revoked", recipient: null, userId: null, attemptId: null } as const;
  const change = (
    action: JobAction,
    ids: string[],
    { jobId, by = actor }: { jobId?: string; by?: typeof actor | { kind: "system"; id: null } } = {},
  ) => {
    const told = {
      actor: by,
      detail: { reason: "A drill" },
      at: now,
      ...(jobId === undefined ? {} : { jobId }),
    };
    return jobs().changeRegistrations({
      ...{ ids, action, actor: by, reason: "A drill", now },
      registrationEvent: anAuditEvent({
        ...told,
        type: types[action],
        ...(action === "revoke" ? { mail } : {}),
      }),
      delegationEvent: anAuditEvent({ ...told, type: "delegation.deleted" }),
    });
  };
  const many = (count: number, overrides: Partial<Registration> = {}) =>
    Promise.all(Array.from({ length: count }, () => store(suite.store(), overrides)));
  const eventsOf = (type: AuditEvent["type"]) => suite.store().listAudit({ type, limit: 1000 });
  const idsOf = (registrations: readonly { id: string }[]) => registrations.map(({ id }) => id);

  suite.describe("changeRegistrations", () => {
    suite.it("revokes those that are not, each told of once, and touches nobody else", async () => {
      const owned = await many(3, { userId: "user_alice", claimedAt: someTime });
      const free = await many(2);
      const before = await many(2, revoked);
      const bystander = await store(suite.store());
      const job = anAdminJob();
      await jobs().startJob(job, []);
      const wanted = [...idsOf(owned), "reg_of_nobody", ...idsOf(before), ...idsOf(free)];
      const changed = await change("revoke", wanted, { jobId: job.id });
      assertSame(changed.toSorted(), [...idsOf(owned), ...idsOf(free)].sort());
      for (const registration of [...owned, ...free])
        assertSame(await reread(suite.store(), registration), {
          ...registration,
          ...{ revokedAt: now, revokedBy: "operator", revokedReason: "A drill" },
          generation: registration.generation + 1,
        });
      for (const registration of [...before, bystander])
        assertSame(await reread(suite.store(), registration), registration);
      const told = await eventsOf("registration.revoked");
      assertSame(told.map(({ registrationId }) => registrationId).sort(), changed.toSorted());
      for (const { registrationId, detail } of told) {
        const userId = idsOf(owned).includes(registrationId ?? "") ? "user_alice" : null;
        assertSame([detail.reason, detail.userId], ["A drill", userId]);
      }
      const queued = await suite.store().leaseMail({ now, leaseUntil: now + 60, limit: 20 });
      assertSame(queued.map(({ registrationId }) => registrationId).sort(), idsOf(owned).sort());
      for (const { userId, template } of queued)
        assertSame([userId, template], ["user_alice", mail.template]);
      const counted = await jobs().findJob(job.id);
      assertSame([counted?.changed, counted?.changedInPass, counted?.unlinked], [5, 5, 0]);
    });

    suite.it("cuts the link each of them carries, once, and makes what is older worthless", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      const { issuer, subject, userId } = terms;
      const carries = { issuer, subject, userId, claimedAt: someTime };
      const carriers = await many(2, carries);
      const strange = aLink();
      const [stranger] = await many(1, { issuer, subject: strange.subject });
      const other = await linkPerson(suite.store(), aLink());
      const job = anAdminJob();
      await jobs().startJob(job, []);
      const changed = await change("revoke", [...idsOf(carriers), stranger?.id as string], { jobId: job.id });
      assert.equal(changed.length, 3);
      const cut = await suite.store().findDelegation(issuer, subject);
      assertSame([cut?.userId, cut?.revokedAt], [null, now]);
      assert.ok((cut?.version ?? 0) > terms.version);
      const made = await suite.store().findDelegation(issuer, strange.subject);
      assertSame([made?.userId, made?.revokedAt], [null, now]);
      assert.equal((await suite.store().findDelegation(other.issuer, other.subject))?.userId, other.userId);
      const told = (await eventsOf("delegation.deleted")).filter(({ detail }) => detail.sub === subject);
      assertSame(
        told.map(({ detail }) => [detail.iss, detail.sub, detail.userId]),
        [[issuer, subject, userId]],
      );
      assert.ok(idsOf(carriers).includes(told[0]?.registrationId ?? ""));
      const counted = await jobs().findJob(job.id);
      assertSame([counted?.changed, counted?.unlinked], [3, 1]);
      const late = admission({ ...terms, issuedAt: now }, { link: true });
      assert.equal((await suite.store().admitByIdJag(late)).outcome, "revoked");
    });

    suite.it("leaves links alone for the system", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      const { issuer, subject } = terms;
      const [carrier] = await many(1, { issuer, subject });
      const before = await suite.store().findDelegation(issuer, subject);
      const by = { kind: "system", id: null } as const;
      assertSame(await change("revoke", [carrier?.id as string], { by }), [carrier?.id]);
      assertSame(await suite.store().findDelegation(issuer, subject), before);
    });

    suite.it("suspends and resumes those it can", async () => {
      const [active, gone] = await Promise.all([many(3), many(1, revoked)]);
      const ids = idsOf([...active, ...gone]);
      assertSame((await change("suspend", ids)).toSorted(), idsOf(active).sort());
      for (const registration of active)
        assertSame(await reread(suite.store(), registration), { ...registration, suspendedAt: now });
      assertSame(await change("suspend", ids), []);
      const [first, ...others] = idsOf(active);
      assertSame(await change("resume", [first as string]), [first]);
      assertSame((await change("resume", ids)).toSorted(), others.toSorted());
      for (const registration of active) assertSame(await reread(suite.store(), registration), registration);
      assert.equal((await eventsOf("registration.suspended")).length, 3);
      assert.equal((await eventsOf("registration.resumed")).length, 3);
    });

    suite.it("with nothing to change has no effect", async () => {
      const unlinked = aLink();
      const carries = { issuer: unlinked.issuer, subject: unlinked.subject };
      const [gone] = await many(1, { ...revoked, ...carries });
      const { issuer, subject } = gone as Registration;
      for (const ids of [[], [gone?.id as string], ["reg_of_nobody"]])
        for (const action of ["revoke", "suspend", "resume"] as const)
          assertSame(await change(action, ids), []);
      assert.equal(await suite.store().findDelegation(issuer as string, subject as string), null);
      assertSame(await reread(suite.store(), gone as Registration), gone);
      for (const type of Object.values(types)) assertSame(await eventsOf(type), []);
    });

    suite.it("changes each once however many do it at once, also beside single verbs", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      const { issuer, subject } = terms;
      const registrations = [...(await many(8, { issuer, subject })), ...(await many(8))];
      const [token] = registrations.map(({ id }) => aToken({ registrationId: id }));
      assert.ok(token);
      await suite.store().issueAccessToken({ token, now: someTime, audit: [] });
      const ids = idsOf(registrations);
      const answers = await race((caller) => {
        // Each in another order: nobody must wait for somebody who waits for them.
        const turned = [...ids.slice(caller % ids.length), ...ids.slice(0, caller % ids.length)];
        if (caller % 4 !== 3) return change("revoke", turned);
        const registrationId = turned[0] as string;
        const audit = [eventOf({ id: registrationId } as Registration, "registration.revoked")];
        return suite
          .store()
          .endRegistration({ registrationId, as: "revoked", actor, reason: "A drill", now, audit })
          .then((isFirst) => (isFirst ? [registrationId] : []));
      });
      assertSame(answers.flat().sort(), ids.toSorted());
      assert.equal((await eventsOf("registration.revoked")).length, ids.length);
      assert.equal((await suite.store().findAccessToken(token.hash))?.holder.revokedAt, now);
    });
  });
}
