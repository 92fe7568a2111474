/** Owns the tests of what the environment takes, and the sentence a bad value gets. */
import { describe, expect, it } from "@jest/globals";
import { parseEnvironment } from "../../src/environment.js";

describe("the environment", () => {
  it("needs nothing", () => {
    expect(parseEnvironment({}, "/somewhere")).toMatchObject({
      port: 8000,
      providerPort: 4000,
      trustedProviders: [],
      baseUrl: undefined,
      databasePath: "/somewhere/data/demo.db",
      postgresUrl: undefined,
      secret: undefined,
      smtpUrl: undefined,
      ceremony: "both",
      claimSignIn: "host",
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
        CLAIM_SIGN_IN: "email",
        WRONG_ACCOUNT: "advise",
        TRUSTED_PROVIDERS:
          '[{"issuer":"https://a.example","name":" A "},{"issuer":"https://b.example/idp/","name":"B","jwksUri":"https://keys.b.example/jwks","clientIds":["b"]}]',
        RATE_LIMITS: "off",
        ACCESS_TOKEN_TTL: "1",
        ATTEMPT_TTL: "600",
        LOG_LEVEL: "silent",
      },
      "/",
    );
    expect(environment).toMatchObject({
      port: 0,
      providerPort: null,
      databasePath: null,
      smtpUrl: undefined,
      ceremony: "code-entry",
      claimSignIn: "email",
      wrongAccount: "advise",
      rateLimits: "off",
      trustedProviders: [
        { issuer: "https://a.example", name: "A" },
        {
          issuer: "https://b.example/idp/",
          name: "B",
          jwksUri: "https://keys.b.example/jwks",
          clientIds: ["b"],
        },
      ],
    });
    expect(environment.lifetimes).toMatchObject({ accessTokenSeconds: 1, attemptSeconds: 600 });
  });

  it.each(["postgres", "postgresql"])("takes %s://, and keeps its own data in the usual file", (protocol) => {
    const url = `${protocol}://user:secret@host:5432/name`;
    expect(parseEnvironment({ DATABASE_URL: url }, "/somewhere")).toMatchObject({
      postgresUrl: url,
      databasePath: "/somewhere/data/demo.db",
    });
  });

  it.each([
    ["PORT", "65536", "from 0 to 65535"],
    ["PORT", "80a", "whole number"],
    ["PROVIDER_PORT", "65536", "off or a whole number from 0 to 65535"],
    ["PROVIDER_PORT", "on", "off or a whole number"],
    ["PROVIDER_PORT", "8000", "another port than PORT, which is 8000"],
    ["BASE_URL", "localhost:8000", "http or https address"],
    ["BASE_URL", "http://localhost:8000/", "without path, query or trailing slash"],
    ["BASE_URL", "http://demo.example.com", "https"],
    ["DATABASE_URL", "mysql://x", "sqlite:./data/demo.db"],
    ["DATABASE_URL", "postgres:/user:hunter2@host", "postgres://user@host/name"],
    ["DATABASE_URL", "postgres://user:hunter2@host:port/name", "postgres://user@host/name"],
    ["SMTP_URL", "localhost", "smtp://"],
    ["SMTP_URL", "smtp://", "smtp://localhost:1025"],
    ["SMTP_URL", "http://user:hunter2@localhost", "smtps://"],
    ["CEREMONY", "whatever", "code-entry, read-back, both"],
    ["CLAIM_SIGN_IN", "mail", "host, email"],
    ["SECRET", "hunter2", "at least 32 bytes"],
    ["WRONG_ACCOUNT", "allow", "refuse, advise"],
    ["TRUSTED_PROVIDERS", "{", "JSON list"],
    ["TRUSTED_PROVIDERS", '{"issuer":"https://a.example","name":"A"}', "JSON list"],
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

  const trusting = (list: unknown, others: Record<string, string> = {}) =>
    parseEnvironment({ TRUSTED_PROVIDERS: JSON.stringify(list), ...others }, "/");

  it("names every problem of TRUSTED_PROVIDERS with its place", () => {
    const list = [
      "https://a.example",
      { name: "" },
      { issuer: "ftp://a.example", name: "A", jwksUri: "https://user:secret@a.example", clientIds: [""] },
      { issuer: "https://b.example", name: "B".repeat(101), clientIds: "b", jwks_uri: "https://b.example" },
    ];
    const lines = [
      '[0] must be an object such as {"issuer"',
      "[1].issuer must be an address such as",
      "[1].name must not be empty",
      "[2].issuer must be an http or https address",
      "[2].jwksUri must be an http or https address without credentials",
      "[2].clientIds[0] must not be empty",
      "[3].name must have at most 100 characters",
      "[3].clientIds must be a list of strings",
      "[3].jwks_uri is not known",
    ];
    for (const line of lines) expect(() => trusting(list)).toThrow(`- TRUSTED_PROVIDERS${line}`);
    expect(() => trusting(list)).not.toThrow(/secret/);
  });

  it("trusts every issuer once, and never the demo itself", () => {
    const a = { issuer: "https://a.example", name: "A" };
    expect(() => trusting([a, a])).toThrow(
      "TRUSTED_PROVIDERS[1].issuer must not be the one of TRUSTED_PROVIDERS[0] again",
    );
    expect(() => trusting([{ ...a, issuer: "http://localhost:8000" }])).toThrow(
      "must not be the demo itself",
    );
    expect(() => trusting([{ ...a, issuer: "http://localhost:4000" }])).toThrow(
      "must not be the sample provider, which is trusted",
    );
    expect(trusting([{ ...a, issuer: "http://localhost:4000" }], { PROVIDER_PORT: "off" })).toMatchObject({
      providerPort: null,
    });
  });

  it.each([
    "http://a.example",
    "http://localhost:5000",
    "https://10.1.2.3",
    "https://[fd00::1]",
    "https://127.0.0.1",
  ])("trusts %s on this computer only", (issuer) => {
    const list = [
      { issuer, name: "A" },
      { issuer: "https://b.example", name: "B", jwksUri: issuer },
    ];
    expect(trusting(list).trustedProviders).toEqual(list);
    const elsewhere = () => trusting(list, { BASE_URL: "https://demo.example.com" });
    for (const place of ["[0].issuer", "[1].jwksUri"])
      expect(elsewhere).toThrow(`TRUSTED_PROVIDERS${place} must use https and a public address`);
  });

  it("has a sample provider on this computer only", () => {
    const variables = { BASE_URL: "https://demo.example.com" };
    expect(parseEnvironment(variables, "/").providerPort).toBeNull();
    expect(() => parseEnvironment({ ...variables, PROVIDER_PORT: "4000" }, "/")).toThrow(
      "PROVIDER_PORT must be off or unset when BASE_URL is not on localhost",
    );
    expect(parseEnvironment({ PORT: "0", PROVIDER_PORT: "0" }, "/")).toMatchObject({ providerPort: 0 });
  });

  it.each([
    [{ CEREMONY: "read-back" }, { ceremony: "read-back" }],
    [{ SMTP_URL: "smtp://localhost:1025" }, { smtpUrl: "smtp://localhost:1025" }],
    [
      { SMTP_URL: "smtps://user:p%40ss@mail.example.com" },
      { smtpUrl: "smtps://user:p%40ss@mail.example.com" },
    ],
  ])("takes %j", (variables, expected) => {
    expect(parseEnvironment(variables, "/")).toMatchObject(expected);
  });

  it("lists every problem at once", () => {
    expect(() => parseEnvironment({ PORT: "x", RATE_LIMITS: "x" }, "/")).toThrow(
      /- PORT .*\n.*- RATE_LIMITS /,
    );
  });
});
