import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Circuit } from "./compile.ts";

const file = join(import.meta.dirname, "../../circuits/constraints.json");

/** One instance of each template, so that a change of any of them shows. */
export const templates: readonly Circuit[] = [
  { component: "AssertBits(64)", file: "assert-bits.circom" },
  { component: "AssertLeq(64)", file: "assert-leq.circom" },
  { component: "PoseidonChain(15, 7)", file: "poseidon-chain.circom" },
  { component: "SignedQuote()", file: "signed-quote.circom" },
  { component: "QuoteWindow()", file: "quote-window.circom" },
  { component: "Quorum(7)", file: "quorum.circom" },
  { component: "SortedPermutation(7, 65)", file: "sorted-permutation.circom" },
  { component: "LowerMedian(7)", file: "lower-median.circom" },
  { component: "DeviationBound()", file: "deviation-bound.circom" },
  { component: "AgreedPrice(7)", file: "agreed-price.circom" },
  { component: "PublicInputs()", file: "public-inputs.circom" },
];

export type Counts = Record<string, { constraints: number; wires: number }>;

/** What is checked in. */
export const readCounts = (): Counts => JSON.parse(readFileSync(file, "utf8")) as Counts;

export function writeCounts(counts: Counts): void {
  const lines = Object.entries(counts).map(
    ([name, { constraints, wires }]) => `  "${name}": { "constraints": ${constraints}, "wires": ${wires} }`,
  );
  writeFileSync(file, `{\n${lines.join(",\n")}\n}\n`);
}
