/** Where an address is: this computer, the public internet, or neither. */
import { describe, expect, test } from "@jest/globals";
import { isLoopback, isPublicAddress } from "../src/addresses.js";

describe("a public address", () => {
  test.each([
    "8.8.8.8",
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.1",
    "193.99.144.80",
    "2606:4700:4700::1111",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
  ])("%s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each([
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::7f00:1",
    "::a00:1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "",
    "localhost",
    "127.1.example",
    "8.8.8.8.8",
  ])("is not %j", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe("this computer", () => {
  test.each([
    "http://localhost",
    "http://LOCALHOST:3000/path",
    "https://notes.localhost",
    "http://127.0.0.1:8000",
    "http://127.255.255.254",
    "http://2130706433",
    "http://[::1]:8000",
    "http://[0:0:0:0:0:0:0:1]",
  ])("is %s", (url) => {
    expect(isLoopback(new URL(url))).toBe(true);
  });

  test.each([
    "http://localhost.example",
    "http://notlocalhost",
    "http://127.0.0.1.example",
    "http://128.0.0.1",
    "http://0.0.0.0",
    "http://[::]",
    "http://[::ffff:127.0.0.1]",
    "http://user@example.com#localhost",
  ])("is not %s", (url) => {
    expect(isLoopback(new URL(url))).toBe(false);
  });
});
