// SPDX-License-Identifier: GPL-3.0-only
// A program of its own: makes proofs with snarkjs, hence its licence. It keeps key and witness program in memory, takes inputs
// over the channel that `fork` makes, and ends with it.
import { readFileSync } from "node:fs";
import { groth16 } from "snarkjs";
import { WitnessRefused } from "./errors.ts";
import type { Proven, ProvingStage } from "./prover.ts";
import { WIRE, type WitnessInputs, WitnessProgram } from "./witness-program.ts";
import { FIELD } from "../widths.ts";

/** The first message names the files; each later one has the inputs of a proof. */
export type ProgramRequest =
  | { readonly kind: "open"; readonly provingKey: string; readonly witnessProgram: string }
  | { readonly kind: "prove"; readonly inputs: WitnessInputs };

export type ProgramAnswer =
  | { readonly kind: "stage"; readonly stage: ProvingStage }
  | { readonly kind: "proven"; readonly proven: Omit<Proven, "backend"> }
  | { readonly kind: "refused"; readonly where: readonly string[]; readonly problem: string }
  | { readonly kind: "failed"; readonly problem: string };

/** iden3's .wtns form of a witness, as snarkjs reads it. */
function witnessFile(witness: Uint8Array): Uint8Array {
  const head = Buffer.alloc(12 + 12 + 40 + 12);
  head.write("wtns");
  head.writeUInt32LE(2, 4);
  head.writeUInt32LE(2, 8);
  head.writeUInt32LE(1, 12);
  head.writeBigUInt64LE(40n, 16);
  head.writeUInt32LE(WIRE, 24);
  Buffer.from(FIELD.toString(16).padStart(64, "0"), "hex").reverse().copy(head, 28);
  head.writeUInt32LE(witness.length / WIRE, 60);
  head.writeUInt32LE(2, 64);
  head.writeBigUInt64LE(BigInt(witness.length), 68);
  return Buffer.concat([head, witness]);
}

const say = (answer: ProgramAnswer): void => {
  process.send?.(answer);
};

async function prove(key: Uint8Array, program: WitnessProgram, inputs: WitnessInputs): Promise<Omit<Proven, "backend">> {
  say({ kind: "stage", stage: "witness" });
  const started = performance.now();
  const witness = witnessFile(program.witness(inputs));
  const found = performance.now();
  say({ kind: "stage", stage: "proving" });
  const { proof, publicSignals } = await groth16.prove({ type: "mem", data: key } as never, { type: "mem", data: witness } as never);
  const numbers = (digits: readonly string[] | undefined): [bigint, bigint] => [BigInt(digits?.[0] ?? 0), BigInt(digits?.[1] ?? 0)];
  const took = { witnessMs: found - started, provingMs: performance.now() - found, peakMemory: process.resourceUsage().maxRSS * 1_024 };
  return {
    proof: { a: numbers(proof.pi_a), b: [numbers(proof.pi_b[0]), numbers(proof.pi_b[1])], c: numbers(proof.pi_c) },
    publicInputs: publicSignals.map(BigInt),
    took,
  };
}

/** Loads what every proof needs; throws what went wrong with it, each time. */
let loaded = (): { readonly key: Uint8Array; readonly program: WitnessProgram } => {
  throw new Error("key and witness program are not loaded");
};

function load({ provingKey, witnessProgram }: Extract<ProgramRequest, { kind: "open" }>): void {
  try {
    const [key, program] = [readFileSync(provingKey), new WitnessProgram(new Uint8Array(readFileSync(witnessProgram)))];
    loaded = () => ({ key, program });
  } catch (error) {
    loaded = () => {
      throw error;
    };
  }
}

async function answer(request: ProgramRequest): Promise<void> {
  try {
    if (request.kind === "open") {
      load(request);
      return;
    }
    const { key, program } = loaded();
    say({ kind: "proven", proven: await prove(key, program, request.inputs) });
  } catch (error) {
    if (error instanceof WitnessRefused) say({ kind: "refused", where: error.where, problem: error.problem });
    else say({ kind: "failed", problem: error instanceof Error ? error.message : String(error) });
  }
}

if (process.argv[1] === import.meta.filename) {
  process.on("message", (request: ProgramRequest) => void answer(request));
  process.once("disconnect", () => process.exit());
}
