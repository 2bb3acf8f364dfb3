import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Forked } from "../../forked.ts";
import { ProverFailed, WitnessRefused } from "./errors.ts";
import { readKey } from "./key-file.ts";
import { ProgramProver } from "./program-prover.ts";
import type { Proven, Prover, ProverProgram, ProvingStage } from "./prover.ts";
import { assertSafeKey } from "./safe-key.ts";
import type { ProgramAnswer, ProgramRequest } from "./snarkjs-program.ts";
import type { WitnessInputs } from "./witness-program.ts";

/** Files of a finished ceremony. */
export interface ProverFiles {
  /** `.zkey` */
  readonly provingKey: string;
  /** circom's `.wasm` */
  readonly witnessProgram: string;
}

/** How much a prover does at the same time. */
export interface PoolOptions {
  /** How many proofs may wait beside those that are being made. Default 16. */
  readonly queue?: number;
  /** Most processes, 1 to 64; the second is started when two proofs are wanted at the same time. Default 1. */
  readonly workers?: number;
}

/**
 * The portable prover: snarkjs in long-lived processes, with key and witness program in the memory of each.
 * @throws UnsafeKey, UnreadableKey, InvalidWorkers
 */
export function openSnarkjsProver(files: ProverFiles, { queue, workers }: PoolOptions = {}): Prover {
  const key = readKey(readFileSync(files.provingKey));
  assertSafeKey(key);
  const pool = { ...(queue !== undefined && { queue }), ...(workers !== undefined && { workers }) };
  return new ProgramProver({ backend: "snarkjs", verifyingKey: key.verifyingKey, start: () => new SnarkjsProgram(files), ...pool });
}

class SnarkjsProgram implements ProverProgram {
  readonly #program = new Forked(join(import.meta.dirname, "snarkjs-program.ts"), { stdio: ["ignore", "ignore", "inherit", "ipc"] });

  constructor({ provingKey, witnessProgram }: ProverFiles) {
    this.#program.tell({ kind: "open", provingKey, witnessProgram } satisfies ProgramRequest);
  }

  get ended(): boolean {
    return this.#program.ended !== undefined;
  }

  prove(inputs: WitnessInputs, onProgress: (stage: ProvingStage) => void): Promise<Omit<Proven, "backend">> {
    const asked = { kind: "prove", inputs } satisfies ProgramRequest;
    return this.#program.ask<ProgramAnswer, Omit<Proven, "backend">>(asked, {
      hear: (answer, { resolve, reject }) => {
        if (answer.kind === "stage") onProgress(answer.stage);
        else if (answer.kind === "proven") resolve(answer.proven);
        else if (answer.kind === "refused") reject(new WitnessRefused(answer.where, answer.problem));
        else reject(new ProverFailed(answer.problem));
      },
      failed: (why) => new ProverFailed(`the process of snarkjs: ${why}`),
    });
  }

  /** It holds nothing but memory. */
  end(): Promise<void> {
    return this.#program.kill();
  }
}
