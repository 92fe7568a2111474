/** When a mail is tried again, and what counts as one sender. */
import { describe, expect, test } from "@jest/globals";
import { nextTry } from "../../src/protocol/mail-schedule.js";
import { networkOf, readableAddress } from "../../src/protocol/network.js";

describe("nextTry", () => {
  const created = { createdAt: 1000 };
  const pauses = [15, 30, 60, 120, 300, 600, 1200, 2400, 3600, 3600, 3600];

  test.each(pauses.map((pause, index) => [index + 1, pause]))(
    "after try %i waits %i seconds",
    (tries, pause) => {
      expect(nextTry({ ...created, tries }, 2000, 0)).toEqual({ kind: "retry", at: 2000 + pause });
      expect(nextTry({ ...created, tries }, 2000, 1)).toEqual({ kind: "retry", at: 2000 + pause * 1.2 });
    },
  );

  test("gives up in the second the mail is a day old", () => {
    const mail = { ...created, tries: 40 };
    expect(nextTry(mail, 1000 + 86_399, 0)).toMatchObject({ kind: "retry" });
    expect(nextTry(mail, 1000 + 86_400, 0)).toEqual({ kind: "failed", failure: "given_up" });
  });
});

describe("the address of a sender", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "20010db800000000/64", "2001:db8::1"],
    ["2001:0DB8:0:0:ffff::2", "20010db800000000/64", "2001:db8::ffff:0:0:2"],
    ["fe80::1%call5550100", "fe80000000000000/64", "fe80::1"],
    ["call 555 0100", null, null],
    ["", null, null],
    [null, null, null],
  ])("%j is counted as %j and shown as %j", (ip, network, shown) => {
    expect([networkOf(ip), readableAddress(ip)]).toEqual([network, shown]);
  });
});
