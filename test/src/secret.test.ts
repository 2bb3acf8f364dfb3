import { inspect } from "node:util";
import { expect } from "chai";
import { Secret } from "../../src/secret.ts";

const HUSH = "correct horse battery staple";

describe("Secret", () => {
  const ways: [string, (secret: Secret) => string][] = [
    ["String", (secret) => String(secret)],
    ["a template string", (secret) => `key ${secret as unknown as string}`],
    ["inspect", (secret) => inspect(secret, { showHidden: true, depth: 9 })],
    ["inspect, deep in an object", (secret) => inspect({ a: [{ secret }] }, { depth: 9 })],
    ["JSON", (secret) => JSON.stringify({ secret })],
    ["an error's cause", (secret) => inspect(new Error("x", { cause: secret }))],
    ["its keys", (secret) => JSON.stringify(Object.getOwnPropertyNames(secret)) + JSON.stringify(Object.entries(secret))],
    ["structuredClone", (secret) => inspect(structuredClone(secret))],
  ];
  for (const [name, show] of ways) {
    it(`does not show in ${name}`, () => {
      expect(show(new Secret(HUSH))).not.to.contain("horse");
    });
  }

  it("is given by reveal alone", () => {
    expect(new Secret(HUSH).reveal()).to.equal(HUSH);
    const bytes = Uint8Array.of(1, 2);
    expect(new Secret(bytes).reveal()).to.equal(bytes);
  });
});
