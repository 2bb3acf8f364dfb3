// `npm run verifiers`: writes the Solidity source of each verifier from its verifying key. `-- --check` writes nothing, says
// which sources do not match their keys and ends with code 1 if there is one.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listVerifiers, sourceOf } from "./verifier/verifiers.ts";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const root = join(import.meta.dirname, "..");
let same = true;

for (const verifier of listVerifiers(root)) {
  const source = await sourceOf(root, verifier);
  const path = join(root, verifier.source);
  if (values.check) {
    const matches = present(path) === source;
    same &&= matches;
    console.log(matches ? "ok     " : "DIFFERS", verifier.source, "of", verifier.key);
  } else {
    writeFileSync(path, source);
    console.log("written", verifier.source, "of", verifier.key);
  }
}
if (!same) console.log("see why, and where it is meant: npm run verifiers");
process.exitCode = same ? 0 : 1;

function present(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
