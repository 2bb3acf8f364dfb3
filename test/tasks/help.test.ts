import { expect } from "chai";
import { ArgumentType } from "hardhat/types/arguments";
import { parseArgs } from "node:util";
import { tasks } from "../../tasks/index.ts";
import { Hardhat } from "./hardhat.ts";

/** Options of Hardhat itself. */
const everywhere = { network: { type: "string" } } as const;

const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The words of a command line; what stands in quotes is one. */
const wordsOf = (line: string): string[] => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");

describe("The help of every task", () => {
  for (const { id, description, options, positionalArguments } of tasks) {
    const name = id.join(" ");

    it(`${name}: ends in an example that the task takes`, () => {
      const [, what = "", example = ""] = /^(.+)\. Example: npx hardhat (.+)$/.exec(description) ?? [];
      expect(what).to.not.equal("");
      const [called, ...args] = wordsOf(example);
      expect(called).to.equal(name);
      const own = Object.values(options).map((option) => [
        dashed(option.name),
        { type: option.type === ArgumentType.FLAG ? ("boolean" as const) : ("string" as const) },
      ]);
      const known = { ...everywhere, ...(Object.fromEntries(own) as Record<string, { type: "boolean" | "string" }>) };
      const { positionals } = parseArgs({ args, options: known, allowPositionals: true, strict: true });
      const needed = positionalArguments.filter(({ defaultValue }) => defaultValue === undefined);
      const variadic = positionalArguments.some(({ isVariadic }) => isVariadic);
      expect(positionals.length).to.be.within(needed.length, variadic ? Infinity : positionalArguments.length);
      for (const option of Object.values(options)) expect(option.description, option.name).to.not.equal("");
    });
  }

  it("is what --help prints", async () => {
    const hardhat = new Hardhat({});
    const { code, stdout } = await hardhat.run("mint:list", "--help");
    expect(stdout).to.contain(tasks.find(({ id }) => id[0] === "mint:list")?.description);
    expect(code).to.equal(0);
  });
});
