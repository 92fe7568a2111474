// Runs before every test file: a connection to anything but this computer throws, so no test depends on the network.
// Covers node:net, node:tls, node:http(s) and fetch, which all end in Socket.connect; not child processes.
import { BlockList, isIP, Socket } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");
const isLoopback = (address) => loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
const isLocalName = (host) => host === "localhost" || host.endsWith(".localhost");

function forbid(target) {
  throw new Error(`Tests must not use the network, and this one tried to reach ${target}.`);
}

/** A lookup of the caller's own may answer any name, as long as it answers with this computer. */
function checked(lookup) {
  return (host, options, done) =>
    lookup(host, options, (error, found, family) => {
      const addresses = Array.isArray(found) ? found.map((entry) => entry.address) : [found];
      const outside = error ? undefined : addresses.find((address) => !isLoopback(address));
      if (outside === undefined) done(error, found, family);
      else done(new Error(`Tests must not use the network, and ${host} was looked up as ${outside}.`));
    });
}

// Core modules are shared by all test files of a worker, so the guard is put on once.
const installed = Symbol.for("agent-auth.no-network");
if (!Socket.prototype[installed]) {
  const connect = Socket.prototype.connect;
  Socket.prototype[installed] = true;
  Socket.prototype.connect = function guardedConnect(...parameters) {
    // net.connect hands over its already normalised arguments as one array; anyone else passes them plainly.
    const [first, second] = Array.isArray(parameters[0]) ? parameters[0] : parameters;
    if (typeof first !== "object" || first === null) {
      const isPath = typeof first === "string" && !/^\d+$/.test(first);
      const host = typeof second === "string" ? second : "localhost";
      if (!isPath && !isLocalName(host) && !(isIP(host) && isLoopback(host))) forbid(host);
      return connect.apply(this, parameters);
    }
    const host = first.host ?? "localhost";
    if (first.path || isLocalName(host) || (isIP(host) && isLoopback(host)))
      return connect.apply(this, parameters);
    if (isIP(host) || !first.lookup) forbid(host);
    first.lookup = checked(first.lookup);
    return connect.apply(this, parameters);
  };
}
