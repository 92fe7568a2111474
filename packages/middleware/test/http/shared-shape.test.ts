/** What makes objects with another prototype quick again, and that nobody sees it. */
import { execFileSync } from "node:child_process";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { transformFileSync } from "@swc/core";
import { shareShape } from "../../src/http/shared-shape.js";

const prototype = Object.create(ServerResponse.prototype);

/** A response as a handler of Express gets it. */
function response(): ServerResponse {
  const made = Object.setPrototypeOf(new ServerResponse(new IncomingMessage(new Socket())), prototype);
  return Object.assign(made, { locals: {} });
}

describe("an object that shares its shape", () => {
  test("has the members it had, in their order, and its prototype", () => {
    const [made, other] = [response(), response()];
    const before = Reflect.ownKeys(made);
    shareShape(made);
    expect(Reflect.ownKeys(made)).toEqual(before);
    expect(Object.getOwnPropertyDescriptors(made.getHeaders())).toEqual(
      Object.getOwnPropertyDescriptors(other.getHeaders()),
    );
    expect(Object.getPrototypeOf(made)).toBe(prototype);
    expect(made.writeHead(201, { "X-Some": "value" }).statusCode).toBe(201);
  });

  test("is left alone when it takes no members", () => {
    const frozen = Object.freeze({ member: 1 });
    expect(() => shareShape(frozen)).not.toThrow();
    expect(frozen).toEqual({ member: 1 });
  });

  test("is of one class with every other one, whatever members it is given afterwards", () => {
    expect(isOneClass()).toBe(true);
  });
});

/** Whether the engine counts two responses as of one class; measuring what follows from it would measure the machine. */
function isOneClass(): boolean {
  const { code } = transformFileSync(
    fileURLToPath(new URL("../../src/http/shared-shape.ts", import.meta.url)),
    {
      ...{ configFile: false, swcrc: false, module: { type: "es6" } },
      jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    },
  );
  const comparing = `
    import { IncomingMessage, ServerResponse } from "node:http";
    const prototype = Object.create(ServerResponse.prototype);
    const made = () => {
      const response = Object.setPrototypeOf(new ServerResponse(new IncomingMessage()), prototype);
      response.locals = {};
      shareShape(response);
      response.writeHead(200, { "Content-Type": "text/plain" });
      response.later = true;
      return response;
    };
    console.log(%HaveSameMap(made(), made()));`;
  const flags = ["--allow-natives-syntax", "--input-type=module", "-e"];
  return execFileSync(process.execPath, [...flags, code + comparing], { encoding: "utf8" }).trim() === "true";
}
