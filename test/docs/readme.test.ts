import { expect } from "chai";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { tasks } from "../../tasks/index.ts";

const root = join(import.meta.dirname, "../..");
const text = (file: string): string => readFileSync(join(root, file), "utf8");
const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...globSync("docs/**/*.md", { cwd: root })];
const all = (pattern: RegExp, files = pages): string[][] =>
  files.flatMap((file) => [...text(file).matchAll(pattern)].map(([, found = ""]) => [file, found]));

/** Tasks that are Hardhat's own. */
const builtIn = new Set(["build", "keystore", "run", "test"]);
const ours = tasks.map(({ id }) => id.join(":"));

describe("The pages", () => {
  it("name npm scripts that exist", () => {
    const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };
    for (const [file, name = ""] of all(/npm (?:run )?(start|test|(?<=run )[\w:-]+)/g)) expect(scripts, file).to.have.property(name);
  });

  it("name tasks that exist", () => {
    for (const [file, name = ""] of all(/npx hardhat ([a-z][\w:]*)/g)) {
      expect(builtIn.has(name) || ours.includes(name), `${file ?? ""}: ${name}`).to.equal(true);
    }
  });

  it("name every task in README's table", () => {
    const named = all(/^\| `([a-z:]+)` +\|.*npx hardhat \1 /gm, ["README.md"]).map(([, name]) => name);
    expect(named).to.have.members(ours);
  });

  it("name files that exist in commands", () => {
    const files = all(/(?:node|hardhat run|hardhat test mocha|mint:list|start) ((?:bench|scripts|test|examples)\/[\w./-]+)/g);
    expect(files).to.have.length.above(10);
    for (const [file = "", path = ""] of files) expect(existsSync(join(root, path)), `${file}: ${path}`).to.equal(true);
  });

  it("link to files that exist", () => {
    const links = all(/\]\((?!https?:|#)([^)#\s]+)/g);
    expect(links).to.have.length.above(20);
    for (const [file = "", path = ""] of links) expect(existsSync(join(root, dirname(file), path)), `${file}: ${path}`).to.equal(true);
  });

  it("have the gas of bench/gas.json", () => {
    const gas = JSON.parse(text("bench/gas.json")) as Record<string, number>;
    const numbers = new Set(Object.values(gas).map((used) => used.toLocaleString("en-US")));
    const [, table = ""] = /\n## Gas\n([^]*?)\n## /.exec(text("README.md")) ?? [];
    const cells = [...table.matchAll(/\| +([\d,]{4,}) (?=\|)/g)].map(([, cell = ""]) => cell);
    expect(cells).to.have.length.above(8);
    for (const cell of cells) expect(numbers.has(cell), cell).to.equal(true);
  });
});
