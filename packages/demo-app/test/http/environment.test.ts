/** Owns the tests of what the environment takes, and the sentence a bad value gets. */
import { describe, expect, it } from "@jest/globals";
import { parseEnvironment } from "../../src/environment.js";

describe("the environment", () => {
  it("needs nothing", () => {
    expect(parseEnvironment({}, "/somewhere")).toMatchObject({
      port: 8000,
      baseUrl: undefined,
      databasePath: "/somewhere/data/demo.db",
      secret: undefined,
      wrongAccount: "refuse",
      rateLimits: "on",
      logLevel: "info",
    });
  });

  it("takes every value it documents, and an empty one as unset", () => {
    const environment = parseEnvironment(
      {
        PORT: "0",
        PROVIDER_PORT: "off",
        BASE_URL: "https://demo.example.com",
        DATABASE_URL: "sqlite::memory:",
        SMTP_URL: "",
        CEREMONY: "code-entry",
        SECRET: "s".repeat(32),
        CLAIM_SIGN_IN: "host",
        WRONG_ACCOUNT: "advise",
        TRUSTED_PROVIDERS: "[]",
        RATE_LIMITS: "off",
        ACCESS_TOKEN_TTL: "1",
        ATTEMPT_TTL: "600",
        LOG_LEVEL: "silent",
      },
      "/",
    );
    expect(environment).toMatchObject({ port: 0, databasePath: null, rateLimits: "off" });
    expect(environment.lifetimes).toMatchObject({ accessTokenSeconds: 1, attemptSeconds: 600 });
  });

  it.each([
    ["PORT", "65536", "from 0 to 65535"],
    ["PORT", "80a", "whole number"],
    ["PROVIDER_PORT", "0", "off or a whole number from 1 to 65535"],
    ["BASE_URL", "localhost:8000", "http or https address"],
    ["BASE_URL", "http://localhost:8000/", "without path, query or trailing slash"],
    ["BASE_URL", "http://demo.example.com", "https"],
    ["DATABASE_URL", "mysql://x", "sqlite:./data/demo.db"],
    ["DATABASE_URL", "postgres://user:hunter2@host/name", "is not available yet"],
    ["SMTP_URL", "smtp://localhost:1025", "is not available yet"],
    ["SMTP_URL", "localhost", "smtp://"],
    ["CEREMONY", "whatever", "code-entry, read-back, both"],
    ["SECRET", "hunter2", "at least 32 bytes"],
    ["WRONG_ACCOUNT", "allow", "refuse, advise"],
    ["TRUSTED_PROVIDERS", "{", "JSON list"],
    ["TRUSTED_PROVIDERS", '[{"issuer":"https://a.example"}]', "is not available yet"],
    ["RATE_LIMITS", "no", "on, library, off"],
    ["ACCESS_TOKEN_TTL", "0", "from 1 to 86400"],
    ["ATTEMPT_TTL", "1.5", "whole number"],
    ["LOG_LEVEL", "loud", "info"],
  ])("names %s when it is %j", (variable, value, allowed) => {
    const parse = () => parseEnvironment({ [variable]: value }, "/");
    expect(parse).toThrow(`- ${variable} `);
    expect(parse).toThrow(allowed);
    if (value.includes("hunter2")) expect(parse).not.toThrow(/hunter2/);
  });

  it("says what to use instead of what is not built", () => {
    expect(() => parseEnvironment({ CEREMONY: "read-back" }, "/")).toThrow(
      "CEREMONY=read-back is not available yet; use code-entry",
    );
    expect(() => parseEnvironment({ CLAIM_SIGN_IN: "email" }, "/")).toThrow(
      "CLAIM_SIGN_IN=email is not available yet; use host",
    );
  });

  it("lists every problem at once", () => {
    expect(() => parseEnvironment({ PORT: "x", RATE_LIMITS: "x" }, "/")).toThrow(
      /- PORT .*\n.*- RATE_LIMITS /,
    );
  });
});
