import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
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
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;

  constructor({ provingKey, witnessProgram }: ProverFiles) {
    this.#child = fork(join(import.meta.dirname, "snarkjs-program.ts"), {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#gone = once(this.#child, "exit").catch(() => undefined);
    this.#send({ kind: "open", provingKey, witnessProgram });
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async prove(inputs: WitnessInputs, onProgress: (stage: ProvingStage) => void): Promise<Omit<Proven, "backend">> {
    const { promise, resolve, reject } = Promise.withResolvers<Omit<Proven, "backend">>();
    const child = this.#child;
    const hear = (answer: ProgramAnswer): void => {
      if (answer.kind === "stage") onProgress(answer.stage);
      else if (answer.kind === "proven") resolve(answer.proven);
      else if (answer.kind === "refused") reject(new WitnessRefused(answer.where, answer.problem));
      else reject(new ProverFailed(answer.problem));
    };
    const ended = (): void => {
      reject(new ProverFailed("its process ended"));
    };
    child.on("message", hear);
    child.once("exit", ended);
    try {
      if (this.ended) ended();
      else this.#send({ kind: "prove", inputs });
      return await promise;
    } finally {
      child.off("message", hear);
      child.off("exit", ended);
    }
  }

  async end(): Promise<void> {
    this.#child.kill("SIGKILL"); // it holds nothing but memory
    await this.#gone;
  }

  /** A process that is gone is noticed by its exit, not here. */
  #send(request: ProgramRequest): void {
    this.#child.send(request, () => undefined);
  }
}
