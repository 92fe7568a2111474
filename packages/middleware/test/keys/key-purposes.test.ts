/**
 * One key per purpose, at the doors: what is made under the key of one purpose, otherwise in every point as it should
 * be, is good for that purpose and for no other. Somebody who comes by one of the keys has one of the seven, not all.
 */
import { nonceBytes, open, seal, stamp } from "@agent-auth/web/secrets";
import { describe, expect, test } from "@jest/globals";
import { type CsrfSubject, csrfToken } from "../../src/http/page-security.js";
import { deriveKeys, type KeyPurpose } from "../../src/keys/derived-keys.js";
import { formatMailLink } from "../../src/protocol/mail-links.js";
import type { Plaintext } from "../../src/protocol/model.js";
import { readBackCodeHash } from "../../src/protocol/read-back-code.js";
import { formatRefreshToken } from "../../src/protocol/refresh-token.js";
import { hashUserCode } from "../../src/protocol/user-code.js";
import { claimedAgent, partsOf, refresh } from "../http/refreshing-agent.js";
import { headingOf } from "../support/claim-visit.js";
import { pages } from "../support/headings.js";
import { formOf, PageBrowser } from "../support/page-browser.js";
import { reveal, shownCode } from "../support/read-back.js";
import { type Service, older as secret, service } from "../support/rotated-secrets.js";
import { openPage, pathOf, register, submitPage, type World } from "../support/world.js";

type Derived = ReturnType<typeof deriveKeys>[0];
const keyOf = (purpose: KeyPurpose): Derived => deriveKeys([secret], purpose)[0];

/** Whether a value made under this key is taken for one of the door's own. */
type Door = (key: Derived) => Promise<boolean>;

const asked = async (world: World) => {
  const { body } = await register.serviceAuth(world);
  return { uri: body.claim.verification_uri as string, userCode: body.claim.user_code as string };
};

const attemptId = async ({ database }: Service) => String((await database.rows("claim_attempts"))[0]?.id);

const doors: Record<KeyPurpose, { login: boolean; open: (world: World, host: Service) => Promise<Door> }> = {
  "refresh-token": {
    login: true,
    async open(world) {
      const { familyId, sequence } = partsOf((await claimedAgent(world)).refreshToken);
      return async ({ key }) =>
        (await refresh(world, formatRefreshToken(key, familyId, sequence))).status === 200;
    },
  },
  "mail-link": {
    login: false,
    async open(world, host) {
      await asked(world);
      const [path = ""] = await host.links(world, "claim_attempt_token");
      const [, mailId] = /cml_(\d+)_/.exec(path) ?? [];
      const row = (await host.database.rows("mail_outbox")).find(({ id }) => String(id) === mailId);
      const mail = {
        ...{ id: row?.id, template: row?.template, createdAt: row?.created_at },
        ...{ attemptId: row?.attempt_id, userId: row?.user_id },
      } as Parameters<typeof formatMailLink>[2];
      return async ({ key }) => {
        const link = formatMailLink(key, "claim", mail);
        const page = await new PageBrowser(world).get(`/agent/claim?claim_attempt_token=${link}`);
        return headingOf(page.text) === pages.prove;
      };
    },
  },
  "page-csrf": {
    login: true,
    async open(world, host) {
      const { uri } = await asked(world);
      const form = formOf((await openPage(world, uri, "alice")).text);
      const subject: CsrfSubject = {
        action: "settle_claim",
        person: "usr_alice",
        about: await attemptId(host),
      };
      return async ({ key }) => {
        const csrf = csrfToken(key, subject, host.clock.now() + 60);
        const fields = { action: "authorize", scope: "api.read", user_code: "no code", csrf };
        // A form that is taken is answered for its code.
        return (await new PageBrowser(world, "alice").submit(form, fields)).status === 400;
      };
    },
  },
  "mailbox-proof": {
    login: false,
    async open(world, host) {
      const { uri } = await asked(world);
      const id = await attemptId(host);
      return async ({ key }) => {
        const browser = new PageBrowser(world);
        const value = stamp(key, ["mailbox", id], host.clock.now() + 60);
        browser.cookies.set(`__Secure-aa_mailbox_${id.slice(-12)}`, { value, path: "/" });
        return headingOf((await browser.get(pathOf(uri))).text) === pages.review;
      };
    },
  },
  "user-code": {
    login: true,
    async open(world, host) {
      const { uri, userCode } = await asked(world);
      const id = await attemptId(host);
      const code = userCode.replace("-", "") as Plaintext<"user_code">;
      return async ({ key }) => {
        await host.database.run("UPDATE claim_attempts SET user_code_hash = ?, wrong_guesses = 0", [
          hashUserCode(key, id, code),
        ]);
        return (await submitPage(world, uri, "alice", { userCode })).status === 303;
      };
    },
  },
  "read-back-code": {
    login: true,
    async open(world, host) {
      const { uri } = await asked(world);
      await reveal(world, { uri });
      const id = await attemptId(host);
      const { key: hashing } = keyOf("user-code");
      return async ({ key }) => {
        const hash = readBackCodeHash({ readBackCode: [key], userCode: [hashing] }, id);
        await host.database.run("UPDATE claim_attempts SET read_back_code_hash = ?", [hash]);
        return shownCode((await openPage(world, uri, "alice")).text) !== undefined;
      };
    },
  },
  "signing-key-encryption": {
    login: true,
    async open(_world, host) {
      const [row] = await host.database.rows("signing_keys");
      const kid = String(row?.kid);
      const own = deriveKeys([secret], "signing-key-encryption");
      const privateHalf = open(own, String(row?.encrypted_private_jwk), kid) as string;
      return async (key) => {
        // Under the other key, and yet with the name of the right one, or it would not even be tried.
        const named = { ...key, id: own[0].id };
        const sealed = seal(named, Buffer.alloc(nonceBytes, 1), privateHalf, kid);
        await host.database.run("UPDATE signing_keys SET encrypted_private_jwk = ?", [sealed]);
        return host.under(secret).then(
          () => true,
          () => false,
        );
      };
    },
  },
};
const purposes = Object.keys(doors) as KeyPurpose[];

test("no two purposes share a key", () => {
  const keys = purposes.map((purpose) => keyOf(purpose).key.toString("hex"));
  expect(new Set(keys).size).toBe(purposes.length);
});

describe.each(purposes)("%s", (purpose) => {
  const { login, open: openDoor } = doors[purpose];

  test.each(purposes.filter((other) => other !== purpose))(
    "takes nothing made under the key of %s",
    async (other) => {
      const host = await service({ login });
      const isTaken = await openDoor(await host.under(secret), host);
      expect(await isTaken(keyOf(other))).toBe(false);
    },
  );

  test("takes what is made under its own, so the refusals are about the key", async () => {
    const host = await service({ login });
    const isTaken = await openDoor(await host.under(secret), host);
    expect(await isTaken(keyOf(purpose))).toBe(true);
  });
});

describe("values of one purpose", () => {
  test("stand in for none of another: each at each door", async () => {
    const host = await service({ login: true });
    const world = await host.under(secret);
    const agent = await claimedAgent(world);
    const { uri } = await asked(world);
    const [manage = ""] = await host.links(world, "manage");
    const [claim = ""] = await host.links(world, "claim_attempt_token");
    const form = formOf((await openPage(world, uri, "alice")).text);
    const alice = new PageBrowser(world, "alice");
    const values: Record<string, string> = {
      "refresh token": agent.refreshToken,
      "claim link": new URL(claim, "https://x").searchParams.get("claim_attempt_token") ?? "",
      "manage link": new URL(manage, "https://x").searchParams.get("manage") ?? "",
      "form token": form.fields.csrf ?? "",
      "cookie of a mailbox": stamp(keyOf("mailbox-proof").key, ["mailbox", "clm_1"], host.clock.now() + 60),
      "claim page": new URL(uri).searchParams.get("claim_attempt_token") ?? "",
    };
    const at: Record<string, (value: string) => Promise<boolean>> = {
      "refresh token": async (value) => (await refresh(world, value)).status === 200,
      "manage link": async (value) => (await alice.get(`/agent/connected?manage=${value}`)).status === 200,
      "form token": async (value) =>
        (await alice.submit(form, { csrf: value, action: "authorize", user_code: "no code" })).status === 400,
      "claim page": async (value) =>
        (await alice.get(`/agent/claim?claim_attempt_token=${value}`)).status === 200,
      "not me": async (value) => (await alice.get(`/agent/claim?not_me=${value}`)).status === 200,
    };
    const taken: string[] = [];
    for (const [door, isTaken] of Object.entries(at))
      for (const [what, value] of Object.entries(values))
        if (await isTaken(value)) taken.push(`${what} at ${door}`);
    expect(taken.sort()).toEqual([
      "claim link at claim page",
      "claim page at claim page",
      "form token at form token",
      "manage link at manage link",
      "refresh token at refresh token",
    ]);
  });
});
