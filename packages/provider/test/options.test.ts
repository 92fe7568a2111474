/** Options, the environment of the command, and the public surface. */
import { describe, expect, test } from "@jest/globals";
import { readEnvironment } from "../src/environment.js";
import * as surface from "../src/index.js";

const valid = { issuer: "http://localhost:4000", storage: "sqlite::memory:", backgroundWork: false };
const problemsOf = (options: object): string[] => {
  try {
    void surface.agentProvider({ ...valid, ...options }).close();
    return [];
  } catch (error) {
    return (error as surface.OptionsError).problems.map(({ path }) => path).sort();
  }
};
const remote = {
  issuer: "https://agents.example.com",
  secrets: ["a secret for tests, thirty-two bytes or more"],
  users: [{ id: "u1", email: "a@example.com", password: "long enough", name: "A" }],
};

describe("options", () => {
  test.each([
    ["the defaults", {}, []],
    ["a complete remote provider", remote, []],
    ["a remote provider without secrets and users", { issuer: remote.issuer }, ["secrets", "users"]],
    ["http away from loopback", { ...remote, issuer: "http://agents.example.com" }, ["issuer"]],
    [
      "http away from loopback, on purpose",
      { ...remote, issuer: "http://agents.example.com", dangerouslyAllowHttpIssuer: true },
      [],
    ],
    ["a slash at the end", { issuer: "http://localhost:4000/" }, ["issuer"]],
    ["a short secret", { secrets: ["short"] }, ["secrets.0"]],
    ["another database", { storage: "postgres://x" }, ["storage"]],
    ["an ID-JAG that lives too long", { lifetimes: { idJagSeconds: 601 } }, ["lifetimes.idJagSeconds"]],
    ["an unknown option", { isuer: "x" }, ["isuer"]],
    ["an address twice", { users: [...remote.users, { ...remote.users[0], id: "u2" }] }, ["users"]],
    ["an audience with a slash", { audiences: ["https://notes.example/"] }, ["audiences.0"]],
  ])("%s", (_name, options, problems) => {
    expect(problemsOf(options)).toEqual(problems);
  });

  test("a database that cannot be opened is told in one sentence", () => {
    expect(() => surface.agentProvider({ ...valid, storage: "sqlite:/dev/null/x.db" })).toThrow(
      /^The database \/dev\/null\/x\.db cannot be used/,
    );
  });
});

describe("the environment of the command", () => {
  test("has defaults for one's own computer", () => {
    expect(readEnvironment({})).toEqual({
      port: 4000,
      host: "localhost",
      options: {
        issuer: "http://localhost:4000",
        storage: "sqlite:./data/provider.db",
        dangerouslyAllowPrivateNetwork: true,
      },
    });
  });

  test("keeps to the public network elsewhere", () => {
    const { options } = readEnvironment({ ISSUER: "https://agents.example.com", SECRET: "a,b" });
    expect(options).toMatchObject({ dangerouslyAllowPrivateNetwork: false, secrets: ["a", "b"] });
  });

  test("names every bad value", () => {
    expect(() => readEnvironment({ PORT: "x", USERS: "{}", KEY_ALGORITHM: "HS256" })).toThrow(
      /PORT[\s\S]*USERS: must be a JSON list[\s\S]*KEY_ALGORITHM/,
    );
  });
});

test("exports exactly these names", () => {
  expect(Object.keys(surface).sort()).toEqual(["OptionsError", "WrongSecretError", "agentProvider"]);
});
