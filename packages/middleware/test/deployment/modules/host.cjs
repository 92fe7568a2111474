// A CommonJS host: the middleware comes by `require`.
const express = require(process.env.EXPRESS);
const { agentAuth } = require("@agent-auth/middleware");
require("./app.cjs")(express, agentAuth);
