/** Owns what the tests of failures begin with: a store by way of a proxy that can be cut, and a claim to be collected. */
import pg from "pg";
import type { Store } from "../../src/ports.js";
import type { PoolSettings } from "../../src/storage/postgres/driver.js";
import { openPostgres } from "../../src/storage/postgres/open.js";
import { anAuditEvent, aRefreshFamily, aRegistration, aToken, someTime } from "../../src/testing/builders.js";
import { serverUrl, type TestPlace, testPlace } from "../support/postgres.js";
import { type PostgresProxy, postgresProxy } from "../support/postgres-proxy.js";
import { closeAfterTest } from "../support/stages.js";

export const now = someTime + 60;

export interface FailureStage {
  place: TestPlace;
  proxy: PostgresProxy;
  /** A store by way of the proxy, reached. */
  open(pool?: Partial<PoolSettings>, url?: string): Promise<Store>;
}

/** A schema of the test's own, with a way to it. */
export async function failureStage(): Promise<FailureStage> {
  const place = await testPlace();
  closeAfterTest(() => place.giveBack());
  const proxy = await postgresProxy(serverUrl());
  return {
    place,
    proxy,
    async open(pool = {}, url = proxy.url) {
      const { store, reach } = openPostgres({
        // Under the name of its schema, so that only its own connections are ended.
        ...{ url: `${url}?application_name=${place.schema}`, schema: place.schema, durability: "balanced" },
        pool: { ...place.pool, ...pool },
      });
      closeAfterTest(() => store.close());
      await reach();
      return store;
    },
  };
}

/** A connection of somebody else on the same schema. */
export async function somebodyElse({ schema }: TestPlace): Promise<pg.Client> {
  const client = new pg.Client(serverUrl());
  await client.connect();
  closeAfterTest(() => client.end());
  await client.query(`SET search_path TO "${schema}"`);
  return client;
}

/** Stores a registration. */
export async function stored(store: Store, overrides: Parameters<typeof aRegistration>[0] = {}) {
  const registration = aRegistration(overrides);
  await store.createRegistration({ registration, attempt: null, audit: [] });
  return registration;
}

/** A finished claim, and the call that collects it. */
export async function claimed(store: Store) {
  const { id: registrationId } = await stored(store, { userId: "user_alice", claimedAt: someTime });
  const token = aToken({ registrationId });
  const refreshFamily = aRefreshFamily({ registrationId });
  const audit = [anAuditEvent({ type: "token.issued", registrationId })];
  return {
    registrationId,
    token,
    refreshFamily,
    collect: () => store.collectClaim({ token, refreshFamily, now, audit }),
  };
}

/** The error of a call, or what it answered instead. */
export const failureOf = (call: Promise<unknown>) =>
  call.then(
    (answer) => ({ answer }),
    (error: unknown) => error,
  );
