// The app of the hosts beside this file, which load the middleware each in their way. Told what to be by environment
// variables, tells its parent its port, and ends with it.
const { createServer } = require("node:http");

const alice = { id: "usr_alice", email: "alice@example.com", emailVerified: true };

module.exports = function start(express, agentAuth) {
  const prefix = process.env.PREFIX ?? "";
  const server = createServer().listen(0, "127.0.0.1", async () => {
    const { port } = server.address();
    const auth = agentAuth({
      issuer: `http://127.0.0.1:${port}${prefix}`,
      resourceName: "Example Notes",
      scopes: { "api.read": "Read your notes", "api.write": "Write and delete your notes" },
      preClaimScopes: ["api.read"],
      storage: "sqlite::memory:",
      accounts: {
        currentUser: (request) => (/(?:^|; )sid=alice/.test(request.headers.cookie ?? "") ? alice : null),
        loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
        findById: (id) => (id === alice.id ? alice : null),
      },
      limits: false,
      logger: {
        debug() {},
        info() {},
        warn() {},
        error: (fields, message) => console.error(message, fields),
      },
    });
    const app = express();
    app.post("/login", (request, response) => {
      response.setHeader("Set-Cookie", "sid=alice; Path=/; HttpOnly; SameSite=Lax");
      response.redirect(303, String(request.query.return_to));
    });
    if (process.env.PARSE_FIRST === "yes") app.use(express.json(), express.urlencoded({ extended: true }));
    app.use(auth.wellKnown);
    app.use(prefix === "" ? "/" : prefix, auth);
    app.get("/api/notes", auth.requireAgent("api.read"), (request, response) =>
      response.json({ agent: request.agent }),
    );
    app.post("/api/notes", auth.requireAgent("api.write"), (_request, response) =>
      response.status(201).json({}),
    );
    app.use(auth.errorHandler);
    await auth.ready();
    server.on("request", app);
    process.send({ port });
    process.on("disconnect", async () => {
      server.closeAllConnections();
      server.close();
      await auth.close();
    });
  });
};
