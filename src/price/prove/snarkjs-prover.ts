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

/**
 * The portable prover: snarkjs in one long-lived process, with key and witness program in memory.
 * @param queue how many proofs may wait beside the one that is being made
 * @throws UnsafeKey, UnreadableKey
 */
export function openSnarkjsProver(files: ProverFiles, { queue }: { queue?: number } = {}): Prover {
  const key = readKey(readFileSync(files.provingKey));
  assertSafeKey(key);
  const limit = queue === undefined ? {} : { queue };
  return new ProgramProver({ backend: "snarkjs", verifyingKey: key.verifyingKey, start: () => new SnarkjsProgram(files), ...limit });
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
      if (child.exitCode !== null || child.signalCode !== null) ended();
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
