/** Owns which addresses belong to a private network. Names are not looked up. */
import { BlockList, isIP } from "node:net";
import { isLoopback } from "@agent-auth/web/addresses";

const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  privateNetworks.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  ["::", 128],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  privateNetworks.addSubnet(network, prefix, "ipv6");

/** Whether the address itself says that it is not on the public internet. */
export function isPrivate(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const family = isIP(host);
  return isLoopback(url) || (family !== 0 && privateNetworks.check(host, family === 6 ? "ipv6" : "ipv4"));
}
