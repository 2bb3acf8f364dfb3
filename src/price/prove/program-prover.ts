import { ProofInvalid, ProverBusy, ProverClosed, ProverFailed } from "./errors.ts";
import type { ProveOptions, Proven, Prover, ProverProgram } from "./prover.ts";
import { verifyProof } from "./verify.ts";
import type { VerifyingKey } from "./verifying-key.ts";
import type { WitnessInputs } from "./witness-program.ts";

interface Job {
  readonly inputs: WitnessInputs;
  readonly options: ProveOptions;
  readonly resolve: (proven: Proven) => void;
  readonly reject: (error: unknown) => void;
}

export interface ProgramProverOptions {
  readonly backend: string;
  readonly verifyingKey: VerifyingKey;
  /** Starts the process; called again after it was ended or died. */
  readonly start: () => ProverProgram;
  /** How many proofs may wait beside the one that is being made. */
  readonly queue?: number;
}

/**
 * A prover over a long-lived process.
 *
 * Race: a signal may fire, or `close` be called, while the process answers. Mitigation: whoever settles a job first takes it out
 * of `#running`; answers to a job that is not there any more are dropped.
 * A proof that is given up costs the process: nothing else stops its arithmetic. The next proof starts another.
 */
export class ProgramProver implements Prover {
  readonly backend: string;
  readonly #verifyingKey: VerifyingKey;
  readonly #start: () => ProverProgram;
  readonly #limit: number;
  readonly #waiting: Job[] = [];
  readonly #ending = new Set<Promise<void>>();
  #running: Job | undefined;
  #program: ProverProgram | undefined;
  #closed = false;

  constructor({ backend, verifyingKey, start, queue = 16 }: ProgramProverOptions) {
    this.backend = backend;
    this.#verifyingKey = verifyingKey;
    this.#start = start;
    this.#limit = queue;
    this.#program = start(); // so that key and witness program are loaded before the first proof is asked for
  }

  prove(inputs: WitnessInputs, options: ProveOptions = {}): Promise<Proven> {
    const { signal } = options;
    if (this.#closed) return Promise.reject(new ProverClosed());
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
    if (this.#running !== undefined && this.#waiting.length >= this.#limit) return Promise.reject(new ProverBusy(this.#waiting.length));
    const { promise, resolve, reject } = Promise.withResolvers<Proven>();
    const job: Job = { inputs, options, resolve, reject };
    const giveUp = (): void => {
      this.#giveUp(job, signal === undefined ? undefined : reasonOf(signal));
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    options.onProgress?.("waiting");
    this.#waiting.push(job);
    this.#next();
    return promise.finally(() => signal?.removeEventListener("abort", giveUp));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const left = [...(this.#running === undefined ? [] : [this.#running]), ...this.#waiting.splice(0)];
    this.#running = undefined;
    this.#drop();
    for (const job of left) job.reject(new ProverClosed());
    await Promise.all(this.#ending);
  }

  #giveUp(job: Job, reason: unknown): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (this.#running === job) {
      this.#running = undefined;
      this.#drop();
    }
    job.reject(reason);
    this.#next();
  }

  /** Ends the process; a proof that comes next starts another. */
  #drop(): void {
    const end = this.#program?.end();
    this.#program = undefined;
    if (end === undefined) return;
    this.#ending.add(end);
    void end.finally(() => this.#ending.delete(end));
  }

  #next(): void {
    if (this.#running !== undefined || this.#closed) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#running = job;
    this.#program ??= this.#start();
    void this.#run(job, this.#program);
  }

  async #run(job: Job, program: ProverProgram): Promise<void> {
    const outcome = await this.#attempt(job, program).catch((error: unknown) => ({ error }));
    if (this.#running !== job) return; // given up, or closed
    this.#running = undefined;
    if ("error" in outcome) {
      if (outcome.error instanceof ProverFailed) this.#drop(); // the next proof gets a process without its fault
      job.reject(outcome.error);
    } else job.resolve(outcome);
    this.#next();
  }

  async #attempt({ inputs, options: { onProgress } }: Job, program: ProverProgram): Promise<Proven> {
    const answer = await program.prove(inputs, (stage) => onProgress?.(stage));
    onProgress?.("checking");
    if (!verifyProof(this.#verifyingKey, answer.publicInputs, answer.proof)) throw new ProofInvalid(this.backend);
    return { ...answer, backend: this.backend };
  }
}

const reasonOf = (signal: AbortSignal): Error => {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error("given up", { cause: reason });
};
