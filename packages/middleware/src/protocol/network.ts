/** Owns what an IP address is counted as, and how it is shown. What a proxy passes on as one need not be one. */
import ipaddr from "ipaddr.js";

/** The address alone: some proxies pass a port on with it. */
export function withoutPort(ip: string): string {
  const [, v4, v6] = /^(?:(\d+\.\d+\.\d+\.\d+)|\[([^\]]*)\])(?::\d{1,5})?$/.exec(ip) ?? [];
  return v4 ?? v6 ?? ip;
}

/** The network a sender is counted as: an IPv4 address, or the /64 of an IPv6 address. Null when it is unknown. */
export function networkOf(ip: string | null): string | null {
  if (ip === null || !ipaddr.isValid(ip)) return null;
  const address = ipaddr.process(ip);
  if (address.kind() === "ipv4") return address.toString();
  const network = address.toByteArray().slice(0, 8);
  return `${Buffer.from(network).toString("hex")}/64`;
}

/** The address in its normal form, without a zone. Null for anything else, so that nobody's words are shown as one. */
export function readableAddress(ip: string | null): string | null {
  if (ip === null || !ipaddr.isValid(ip)) return null;
  return ipaddr.fromByteArray(ipaddr.process(ip).toByteArray()).toString();
}
