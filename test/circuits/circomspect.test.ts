import { expect } from "chai";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const require = createRequire(import.meta.url);
const sources = join(import.meta.dirname, "../../circuits/price");

/** What circomspect says of ours, and why it may. Each line is a file, a rule and how often. */
const allowed: readonly (readonly [file: string, rule: string, times: number, why: string])[] = [
  ["lower-median.circom", "CS0005", 4, "`<--`: each names beside it the constraint that pins it"],
  ["lower-median.circom", "CS0008", 4, "sums that it loses sight of in the loop; after the loop they must be 1"],
  ["assert-bits.circom", "CS0010", 1, "Num2Bits may alias from 254 bits on: fewer are asserted in the template"],
  ["assert-bits.circom", "CS0017", 1, "the bits are wanted for their constraint alone"],
];

interface Sarif {
  readonly runs: readonly {
    readonly results: readonly {
      readonly ruleId: string;
      readonly locations: readonly {
        readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region: { readonly startLine: number } };
      }[];
    }[];
  }[];
}

/** Findings in our files, as `file rule line`. circomspect finds what is included beside the files alone. */
async function findings(mend: (folder: string) => Promise<void> = () => Promise.resolve()): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "mintd-circomspect-"));
  try {
    await cp(sources, folder, { recursive: true });
    await cp(join(dirname(require.resolve("circomlib/package.json")), "circuits"), join(folder, "circomlib/circuits"), { recursive: true });
    await mend(folder);
    const ours = (await readdir(folder)).filter((name) => name.endsWith(".circom"));
    const program = join(dirname(require.resolve("circomspect/package.json")), "cli.js");
    const run = promisify(execFile)(process.execPath, [program, ...ours, "--sarif-file", "found.sarif"], { cwd: folder });
    await run.catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== 1) throw error; // which is how it says that it found something
    });
    const { runs } = JSON.parse(await readFile(join(folder, "found.sarif"), "utf8")) as Sarif;
    return runs.flatMap(({ results }) =>
      results.map(({ ruleId, locations: [first] }) => {
        const { artifactLocation, region } = first?.physicalLocation ?? { artifactLocation: { uri: "?" }, region: { startLine: 0 } };
        return `${artifactLocation.uri.replace("file://", "")} ${ruleId} ${region.startLine}`;
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe("circomspect", function () {
  this.timeout(120_000);

  it("says nothing of the circuits but what is known and why", async () => {
    const found = new Map<string, number>();
    for (const each of await findings()) {
      const what = each.split(" ").slice(0, 2).join(" ");
      found.set(what, (found.get(what) ?? 0) + 1);
    }
    expect(Object.fromEntries(found)).to.deep.equal(Object.fromEntries(allowed.map(([file, rule, times]) => [`${file} ${rule}`, times])));
  });

  it("tells of a signal that is no longer constrained", async () => {
    const found = await findings(async (folder) => {
      const file = join(folder, "quorum.circom");
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replace("<==", "<--"));
    });
    expect(found.filter((each) => each.startsWith("quorum.circom CS0005"))).to.have.length(1);
  });
});
