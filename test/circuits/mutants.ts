import type { Circuit } from "../../scripts/circuits/compile.ts";
import type { Inputs } from "./program.ts";

/** A line of a template without which inputs are taken that must be refused. */
export interface Mutant {
  /** What is refused, as the end of a sentence. */
  readonly refuses: string;
  readonly file: string;
  readonly line: string;
  readonly circuit: Circuit;
  readonly inputs: Inputs;
  /** The prover lies: each hint (`<--`) of the file is an input, named forged_<signal>. */
  readonly dishonest?: boolean;
  /** What costs most of a compilation and is not what this line is about: other words for it in both circuits. */
  readonly spared?: readonly Spared[];
}

export interface Spared {
  readonly file: string;
  readonly line: string;
  readonly by: string;
}

/** A quote's signature. */
export const signature = {
  file: "signed-quote.circom",
  line: "EdDSAPoseidonVerifier()(enabled <== enabled, Ax <== Ax, Ay <== Ay, S <== S, R8x <== R8x, R8y <== R8y, M <== message);",
  by: "",
} as const satisfies Spared;

/** The hash of all keys. */
export const hash = {
  file: "price-aggregation.circom",
  line: "signal root <== PoseidonChain(2 * N, N)(keys);",
  by: "signal root <== sourcesRoot;",
} as const satisfies Spared;

/** Replaces each hint by an input, as somebody would who writes a witness program of his own. Constraints stay. */
export function withForgedHints(text: string): string {
  const hinted = [...text.matchAll(/^\s*(\w+)(?:\[\w+\])* <--/gm)].map(([, name = ""]) => name);
  return hinted.reduce(
    (changed, name) =>
      changed
        .replace(new RegExp(`^( *)signal ${name}((?:\\[\\w+\\])*);`, "m"), `$&\n$1signal input forged_${name}$2;`)
        .replace(new RegExp(`^(\\s*${name})((?:\\[\\w+\\])*) <-- [^;]*;`, "m"), `$1$2 <-- forged_${name}$2;`),
    text,
  );
}

const sorting: Circuit = { component: "SortedPermutation(2, 65)", file: "sorted-permutation.circom" };
const median: Circuit = { component: "LowerMedian(3)", file: "lower-median.circom" };
const quorum: Circuit = { component: "Quorum(3)", file: "quorum.circom" };
const window: Circuit = { component: "QuoteWindow()", file: "quote-window.circom" };

const sorts = (refuses: string, line: string, forged_moved: number[][]): Mutant => ({
  ...{ refuses, line, file: sorting.file, circuit: sorting, dishonest: true },
  inputs: { in: [10, 11], forged_moved },
});

/** Honest hints of three numbers: the median is the second, the highest the third. */
const honest = { sorted: [7, 8, 9], count: 3, forged_half: 1, forged_odd: 0, forged_atHalf: [0, 1, 0], forged_atLast: [0, 0, 1] };
const picks = (refuses: string, line: string, forged: Inputs): Mutant => ({
  ...{ refuses, line, file: median.file, circuit: median, dishonest: true },
  inputs: { ...honest, ...forged },
});

/** Parts of `packed` and how far it is shifted; one bit too many of each gives a `packed` that another report has as well. */
const parts = {
  blockNumber: [40, 0],
  quorum: [8, 40],
  maxDeviationBps: [14, 48],
  maxAge: [16, 62],
  timestamp: [40, 78],
  price: [64, 118],
  assetId: [64, 182],
};
const nothing = {
  packed: 0,
  blockHashHi: 0,
  blockHashLo: 0,
  context: 0,
  ...Object.fromEntries(Object.keys(parts).map((part) => [part, 0])),
};
const binds = (refuses: string, line: string, inputs: Inputs): Mutant => ({
  ...{ refuses, line, file: "public-inputs.circom", circuit: { component: "PublicInputs()", file: "public-inputs.circom" } },
  inputs: { ...nothing, ...inputs },
});
const widthNames = ["BLOCK_BITS", "QUORUM_BITS", "DEVIATION_BITS", "AGE_BITS", "TIME_BITS", "PRICE_BITS", "ASSET_BITS"];

/** Mutants of the templates that need no signature. */
export const mutants: readonly Mutant[] = [
  {
    ...{ refuses: "2^64 as a number of 64 bits", file: "assert-bits.circom", line: "signal bits[n] <== Num2Bits(n)(in);" },
    ...{ circuit: { component: "AssertBits(64)", file: "assert-bits.circom" }, inputs: { in: 1n << 64n } },
  },
  {
    ...{ refuses: "2 <= 1", file: "assert-leq.circom", line: "AssertBits(n)(b - a);" },
    ...{ circuit: { component: "AssertLeq(64)", file: "assert-leq.circom" }, inputs: { a: 2, b: 1 } },
  },
  {
    ...{ refuses: "a quote from the future", file: window.file, line: "AssertBits(AGE_BITS())(age);", circuit: window },
    inputs: { enabled: 1, quoteTime: 1_001, timestamp: 1_000, maxAge: 60 },
  },
  {
    ...{ refuses: "a quote one second too old", file: window.file, line: "AssertLeq(AGE_BITS())(age, maxAge);", circuit: window },
    inputs: { enabled: 1, quoteTime: 939, timestamp: 1_000, maxAge: 60 },
  },
  {
    ...{ refuses: "a slot that counts twice", file: quorum.file, line: "enabled[i] * (enabled[i] - 1) === 0;", circuit: quorum },
    inputs: { enabled: [2, 0, 0], quorum: 2 },
  },
  {
    ...{ refuses: "a quorum of nobody", file: quorum.file, line: "AssertLeq(QUORUM_BITS())(1, quorum);", circuit: quorum },
    inputs: { enabled: [0, 0, 0], quorum: 0 },
  },
  {
    ...{ refuses: "one source less than the quorum", file: quorum.file, line: "AssertLeq(QUORUM_BITS())(quorum, count);", circuit: quorum },
    inputs: { enabled: [1, 0, 1], quorum: 3 },
  },
  sorts("mixtures of numbers", "moved[i][j] * (moved[i][j] - 1) === 0;", [
    [2, -1],
    [-1, 2],
  ]),
  sorts("a sum of numbers in one place", "row === 1;", [
    [0, 0],
    [1, 1],
  ]),
  sorts("one number taken twice and another left out", "columns[j] === 1;", [
    [1, 0],
    [1, 0],
  ]),
  sorts("a descending order", "AssertLeq(n)(out[i], out[i + 1]);", [
    [0, 1],
    [1, 0],
  ]),
  picks("a remainder of 2", "odd * (odd - 1) === 0;", { forged_half: 0, forged_odd: 2, forged_atHalf: [1, 0, 0] }),
  picks("the half of another count", "2 * half + odd === count - 1;", { forged_half: 2, forged_atHalf: [0, 0, 1] }),
  picks("another element as the median", "atHalf[i] * (half - i) === 0;", { forged_atHalf: [0, 0, 1] }),
  picks("another element as the highest", "atLast[i] * (count - 1 - i) === 0;", { forged_atLast: [1, 0, 0] }),
  picks("no element as the median", "halves === 1;", { forged_atHalf: [0, 0, 0] }),
  picks("no element as the highest", "lasts === 1;", { forged_atLast: [0, 0, 0] }),
  {
    ...{ refuses: "a spread of exactly the bound", file: "deviation-bound.circom" },
    line: "AssertLeq(PRICE_BITS() + DEVIATION_BITS())((highest - lowest) * 10000 + 1, allowed);",
    ...{
      circuit: { component: "DeviationBound()", file: "deviation-bound.circom" },
      inputs: { lowest: 20_000, highest: 20_100, maxDeviationBps: 50 },
    },
  },
  {
    ...{ refuses: "prices too far apart", file: "agreed-price.circom", line: "DeviationBound()(sorted[0], highest, maxDeviationBps);" },
    circuit: { component: "AgreedPrice(3)", file: "agreed-price.circom" },
    inputs: { enabled: [1, 0, 1], prices: [20_000, 1, 20_100], quorum: 2, maxDeviationBps: 50 },
  },
  ...Object.entries(parts).map(([part, [bits = 0, at = 0]], index) =>
    binds(`a ${part} of more than ${bits} bits`, `AssertBits(${widthNames[index] ?? ""}())(${part});`, {
      [part]: 1n << BigInt(bits),
      packed: 1n << BigInt(bits + at),
    }),
  ),
  binds("a blockHashHi of 129 bits", "AssertBits(128)(blockHashHi);", { blockHashHi: 1n << 128n }),
  binds("a blockHashLo of 129 bits", "AssertBits(128)(blockHashLo);", { blockHashLo: 1n << 128n }),
  binds("a context of 249 bits", "AssertBits(248)(context);", { context: 1n << 248n }),
  binds(
    "a packed that is not its parts",
    "packed === blockNumber + quorumAt * quorum + deviationAt * maxDeviationBps + ageAt * maxAge + timeAt * timestamp + priceAt * price + assetAt * assetId;",
    { packed: 1 },
  ),
];
