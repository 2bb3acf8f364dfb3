// Breaks the contracts and their wiring one line at a time and sees whether a test notices. A mutant that survives is a promise nobody tests.
// By hand, as it takes some minutes; needs a clean contracts/ and scripts/deployment and restores them:
//
//     node scripts/mutants.ts [part of a name or a file]
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deploymentMutants } from "./mutants/deployment.ts";
import { governanceMutants } from "./mutants/governance.ts";
import { mintMutants } from "./mutants/mint.ts";
import { priceMutants } from "./mutants/price.ts";
import { vaultMutants } from "./mutants/vault.ts";

const mutants = [...mintMutants, ...vaultMutants, ...priceMutants, ...governanceMutants, ...deploymentMutants];

const root = fileURLToPath(new URL("..", import.meta.url));
const hardhat = `${root}node_modules/hardhat/dist/src/cli.js`;
const wanted = process.argv[2] ?? "";

/** Tests of the contracts that need more than Solidity to make what they send. */
const mochaFiles = ["vouchers", "price/proven-prices", "price/price-governance", "price/mint-with-proof"].map(
  (name) => `test/contracts/${name}.test.ts`,
);

/** What the roles' wiring is tested by. */
const wiringNotices = (): boolean => fails(["test", "mocha", "--no-compile", "test/scripts/roles.test.ts"]);

function fails(command: readonly string[]): boolean {
  try {
    execFileSync(process.execPath, [hardhat, ...command], { cwd: root, stdio: "ignore", env: { ...process.env, FUZZ_RUNS: "32" } });
    return false;
  } catch {
    return true;
  }
}

const notices = (): boolean => {
  // What does not compile proves nothing: let that be an error of this script.
  execFileSync(process.execPath, [hardhat, "build", "--no-tests"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  return fails(["test", "solidity"]) || fails(["test", "mocha", ...mochaFiles]);
};

if (execFileSync("git", ["status", "--porcelain", "contracts", "scripts/deployment"], { cwd: root, encoding: "utf8" }) !== "") {
  throw new Error("contracts/ or scripts/deployment has changes that are not committed; a mutant could not be told from them");
}
let survivors = 0;
for (const { name, file, from, to } of mutants.filter((mutant) => `${mutant.file} ${mutant.name}`.includes(wanted))) {
  const path = `${root}${file}`;
  const source = readFileSync(path, "utf8");
  if (!source.includes(from)) throw new Error(`${name}: ${file} does not hold "${from}" any longer`);
  try {
    writeFileSync(path, source.replaceAll(from, to));
    const killed = file.endsWith(".ts") ? wiringNotices() : notices();
    if (!killed) survivors++;
    console.log(killed ? "killed  " : "SURVIVED", `${file}: ${name}`);
  } finally {
    writeFileSync(path, source);
  }
}
process.exitCode = survivors === 0 ? 0 : 1;
