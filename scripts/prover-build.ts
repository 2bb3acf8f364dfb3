// `npm run prover:build`: builds the native prover where g++, nasm and GMP are. Never required: without it proofs are made by
// snarkjs. `--json` prints one JSON document.
import { parseArgs } from "node:util";
import { nativeProgram } from "../src/price/prove/index.ts";
import { print, reporting } from "../tasks/print.ts";
import { buildProver } from "./prover/build.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
await reporting(values.json, async () => {
  const built = await buildProver((words) => {
    console.error(words);
  });
  print(values.json, { program: nativeProgram, built }, () => `${nativeProgram} ${built ? "was built" : "is up to date"}`);
});
