/** Transactions the server undoes because of others: run again as long as that is safe, and never half done. */
import { StoreUnavailable } from "../../src/ports.js";
import { closeAfterTest } from "../support/stages.js";
import { claimed, type FailureStage, failureOf, failureStage } from "./postgres-failure-stage.js";

let stage: FailureStage;

beforeEach(async () => {
  stage = await failureStage();
});

describe("a transaction the server undoes because of another one", () => {
  /** Fails that many times with the code, whoever changes a registration. */
  async function failing(times: number, code: string) {
    await stage.place.query(`
      CREATE SEQUENCE tries;
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('"${stage.place.schema}".tries') <= ${times} THEN RAISE EXCEPTION USING ERRCODE = '${code}'; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER fail BEFORE UPDATE ON registrations FOR EACH ROW EXECUTE FUNCTION fail();`);
    closeAfterTest(() =>
      stage.place.query("DROP TRIGGER fail ON registrations; DROP FUNCTION fail; DROP SEQUENCE tries"),
    );
  }

  it.each(["40001", "40P01"])("is run again after %s, and is done once", async (code) => {
    const store = await stage.open();
    const { registrationId, token, collect } = await claimed(store);
    await failing(2, code);
    expect(await collect()).toBe("collected");
    expect(await store.findAccessToken(token.hash)).not.toBeNull();
    expect(await store.listAudit({ registrationId, limit: 10 })).toHaveLength(1);
  });

  it("is given up after a few times, with nothing changed", async () => {
    const store = await stage.open();
    const { registrationId, token, collect } = await claimed(store);
    await failing(3, "40001");
    const failure = await failureOf(collect());
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect((failure as Error).cause).toMatchObject({ code: "40001" });
    expect((await store.findRegistration(registrationId))?.collectedAt).toBeNull();
    expect(await store.findAccessToken(token.hash)).toBeNull();
    expect(await store.listAudit({ registrationId, limit: 10 })).toEqual([]);
    expect(await collect()).toBe("collected");
  });

  it("is not run again for a fault, which is loud", async () => {
    const store = await stage.open();
    const { registrationId, collect } = await claimed(store);
    await failing(1, "22012");
    expect(await failureOf(collect())).toMatchObject({ code: "22012" });
    expect(await store.listAudit({ registrationId, limit: 10 })).toEqual([]);
    expect(await collect()).toBe("collected");
  });
});
