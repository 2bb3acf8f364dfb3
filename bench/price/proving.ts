/**
 * How long does a proof take from quotes to a checked proof, next to plain `snarkjs groth16 fullProve` on the same circuit, key
 * and inputs? Run: `npm run bench:price [-- --sources 7 --rounds 7 --json]`; the native prover takes part where
 * `npm run prover:build` made it.
 *
 * Each side is one long-lived process; one proof of each in turn, `rounds` times, after one that is not counted. Ours includes
 * the check against the verifying key, fullProve does not. Prints median and spread, and the ratios last.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { developmentSetup, type Setup } from "../../scripts/ceremony/setup.ts";
import { aggregationOf } from "../../scripts/circuits/compile.ts";
import type { CircuitInputs } from "../../src/price/index.ts";
import { openNativeProver, openSnarkjsProver, type Prover, ProverUnavailable } from "../../src/price/prove/index.ts";
import { rowTable } from "../../tasks/print.ts";
import { inputsOf, signersOf } from "../../test/circuits/example.ts";
import { median, spread } from "../statistics.ts";
import type { FullProveAnswer, FullProveRequest } from "./full-prove-program.ts";

const { values } = parseArgs({
  options: {
    sources: { type: "string", default: "7" },
    rounds: { type: "string", default: "7" },
    json: { type: "boolean", default: false },
  },
});

interface Sample {
  readonly ms: number;
  readonly peakMemory: number;
}

/** One side of the comparison. */
interface Side {
  readonly name: string;
  readonly prove: () => Promise<Sample>;
  readonly close: () => Promise<void>;
}

function ours(name: string, prover: Prover, inputs: CircuitInputs): Side {
  const prove = async (): Promise<Sample> => {
    const started = performance.now();
    const { took } = await prover.prove(inputs);
    return { ms: performance.now() - started, peakMemory: took.peakMemory };
  };
  return { name, prove, close: () => prover.close() };
}

function fullProve({ witnessProgram, provingKey }: Setup, inputs: CircuitInputs): Side {
  const child = fork(join(import.meta.dirname, "full-prove-program.ts"));
  const digits = Object.entries(inputs).map(([name, value]) => [name, typeof value === "bigint" ? value.toString() : value.map(String)]);
  const request = { inputs: Object.fromEntries(digits) as FullProveRequest["inputs"], witnessProgram, provingKey };
  const prove = async (): Promise<Sample> => {
    const started = performance.now();
    child.send(request satisfies FullProveRequest);
    const [{ peakMemory }] = (await once(child, "message")) as [FullProveAnswer];
    return { ms: performance.now() - started, peakMemory };
  };
  const close = async (): Promise<void> => {
    child.kill();
    await once(child, "exit");
  };
  return { name: "snarkjs fullProve", prove, close };
}

function sidesOf(setup: Setup, inputs: CircuitInputs): Side[] {
  const sides = [fullProve(setup, inputs), ours("ours, portable", openSnarkjsProver(setup), inputs)];
  try {
    sides.push(ours("ours, native", openNativeProver(setup), inputs));
  } catch (error) {
    if (!(error instanceof ProverUnavailable)) throw error;
    console.error(`without the native prover: ${error.message}`);
  }
  return sides;
}

const sources = Number(values.sources);
const setup = await developmentSetup(aggregationOf(sources), {
  onProgress: (_, words) => {
    console.error(words);
  },
});
const prices = Array.from({ length: sources }, (_, at) => 250_000n + BigInt(at));
const inputs = inputsOf(signersOf(sources), prices, { quorum: Math.floor((2 * sources) / 3) + 1 });
const sides = sidesOf(setup, inputs);
const samples = new Map(sides.map(({ name }) => [name, [] as Sample[]]));
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const { name, prove } of sides) {
    const sample = await prove();
    if (round > 0) samples.get(name)?.push(sample);
  }
}
for (const side of sides) await side.close();

const results = [...samples].map(([name, each]) => {
  const times = each.map(({ ms }) => ms);
  const peakMemoryMb = Math.max(...each.map(({ peakMemory }) => peakMemory)) / 1e6;
  return { name, medianMs: median(times), spreadMs: spread(times), peakMemoryMb };
});
const theirs = results[0]?.medianMs ?? NaN;
const machine = {
  cores: availableParallelism(),
  model: cpus()[0]?.model ?? "",
  load: loadavg()[0] ?? 0,
  node: process.version,
  tools: setup.transcript.tools,
};

if (values.json) {
  console.log(JSON.stringify({ sources, rounds: Number(values.rounds), machine, results }, null, 2));
} else {
  console.log(
    `${sources} sources, ${values.rounds} rounds, ${machine.cores} cores (${machine.model}), load ${machine.load.toFixed(1)}, node ${machine.node}, snarkjs ${machine.tools.snarkjs ?? ""}`,
  );
  const rows = results.map(({ name, medianMs, spreadMs, peakMemoryMb }) => [
    name,
    Math.round(medianMs),
    spreadMs,
    Math.round(peakMemoryMb),
    (theirs / medianMs).toFixed(2),
  ]);
  console.log(rowTable(["prover", "median ms", "spread ms", "peak MB of its process", "times as fast"], rows));
}
