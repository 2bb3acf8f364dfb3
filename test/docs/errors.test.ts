import { expect } from "chai";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const text = (file: string): string => readFileSync(join(root, file), "utf8");
const first = (found: Iterable<RegExpExecArray>): string[] => [...found].flatMap(([, code]) => code ?? []);

/** Codes of error classes. */
function thrown(): string[] {
  const files = globSync(["src/**/*.ts", "tasks/**/*.ts", "scripts/**/*.ts"], { cwd: root });
  return files.flatMap((file) => first(text(file).matchAll(/readonly code = "(\w+)"/g)));
}

/** Codes of what can be wrong with a row, from their type. */
function ofRows(): string[] {
  const [, union = ""] = /type ProblemCode =([^;]*);/.exec(text("src/list/problems.ts")) ?? [];
  return first(union.matchAll(/"(\w+)"/g));
}

/** Codes of rejections: from the tables of the contracts' errors, and those given on the spot. */
function ofRejections(): string[] {
  const [, items = ""] = /const ofItem[^=]*= \{([^}]*)\}/.exec(text("src/chain/batch/simulation.ts")) ?? [];
  const [, positions = ""] = /const ofPosition[^=]*= \{([^}]*)\}/.exec(text("src/chain/batch/position-verdicts.ts")) ?? [];
  const given = globSync("src/**/*.ts", { cwd: root }).flatMap((file) => first(text(file).matchAll(/kind: "reject", code: "(\w+)"/g)));
  return [...first(`${items}${positions}`.matchAll(/"(\w+)"/g)), ...given];
}

describe("docs/errors.md", () => {
  const page = first(text("docs/errors.md").matchAll(/^\| `(\w+)` +\|/gm));

  it("names every code of the sources and none that does not exist", () => {
    expect(thrown()).to.have.length.above(40);
    expect(ofRows()).to.have.length.above(20);
    expect(ofRejections()).to.have.length.above(8);
    expect([...page].sort()).to.deep.equal([...new Set([...thrown(), ...ofRows(), ...ofRejections()])].sort());
  });

  it("says of each what it means and what to do", () => {
    for (const line of text("docs/errors.md").split("\n")) {
      if (!line.startsWith("| `")) continue;
      const cells = line.split("|").slice(1, -1);
      expect(cells, line).to.have.lengthOf(3);
      for (const cell of cells) expect(cell.trim(), line).to.not.equal("");
    }
  });
});
