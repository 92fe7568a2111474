/** What a sender is counted as: an IPv4 address, or the /64 of an IPv6 address, however either is written. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { networkOf } from "../../src/protocol/network.js";

const group = fc.integer({ min: 0, max: 0xffff });
// Global unicast, so that none is an IPv4 address in disguise.
const network = fc.tuple(fc.integer({ min: 0x2000, max: 0x3fff }), group, group, group);
const host = fc.tuple(group, group, group, group);
const written = (groups: number[]) => groups.map((part) => part.toString(16)).join(":");
const padded = (groups: number[]) =>
  groups.map((part) => part.toString(16).toUpperCase().padStart(4, "0")).join(":");

describe("an IPv6 address", () => {
  test("counts as its /64, whatever its host part and its spelling", () => {
    fc.assert(
      fc.property(network, host, host, (prefix, one, other) => {
        expect(networkOf(written([...prefix, ...one]))).toBe(networkOf(padded([...prefix, ...other])));
      }),
    );
  });

  test("of another network counts apart", () => {
    fc.assert(
      fc.property(network, network, host, (one, other, same) => {
        fc.pre(written(one) !== written(other));
        expect(networkOf(written([...one, ...same]))).not.toBe(networkOf(written([...other, ...same])));
      }),
    );
  });

  test("may be short, and may have a zone", () => {
    expect(networkOf("2001:db8::1")).toBe(networkOf("2001:0DB8:0:0:ffff::"));
    expect(networkOf("fe80::1%eth0")).toBe(networkOf("fe80::2"));
  });
});

describe("an IPv4 address", () => {
  test("counts as itself, and mapped into IPv6 as the same", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
        expect(networkOf(address)).toBe(address);
        expect(networkOf(`::ffff:${address}`)).toBe(address);
        expect(networkOf(`::ffff:${written([a * 256 + b, c * 256 + d])}`)).toBe(address);
      }),
    );
  });
});

test.each([
  null,
  "",
  "unknown",
  "_hidden",
  "example.com",
  "192.0.2.1:80",
  "[2001:db8::1]",
  "1.2.3.4, 5.6.7.8",
])("anything else is unknown: %s", (address) => {
  expect(networkOf(address)).toBeNull();
});
