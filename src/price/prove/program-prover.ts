import { InvalidWorkers, ProofInvalid, ProverBusy, ProverClosed, ProverFailed } from "./errors.ts";
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
  /** Starts a process; called again for more work than those there are can do, and after one was ended or died. */
  readonly start: () => ProverProgram;
  /** How many proofs may wait beside those that are being made. */
  readonly queue?: number;
  /** Most processes that work at the same time, 1 to 64. */
  readonly workers?: number;
}

/** Beyond this, processes cost more memory than a machine has cores to make up for. */
const mostWorkers = 64;

/**
 * A prover over long-lived processes, one unless it is told otherwise: proofs begin in the order in which they were asked for.
 *
 * Race: a signal may fire, or `close` be called, while a process answers. Mitigation: whoever settles a job first takes it out
 * of `#running`; answers to a job that is not there any more are dropped.
 * A proof that is given up costs its process: nothing else stops its arithmetic. A later proof starts another.
 * What remains: until the killed one is gone there may be one process more than `workers`, which proves nothing.
 */
export class ProgramProver implements Prover {
  readonly backend: string;
  readonly #verifyingKey: VerifyingKey;
  readonly #start: () => ProverProgram;
  readonly #limit: number;
  readonly #workers: number;
  readonly #waiting: Job[] = [];
  readonly #running = new Map<Job, ProverProgram>();
  readonly #idle: ProverProgram[] = [];
  readonly #ending = new Set<Promise<void>>();
  #closed = false;

  /** @throws InvalidWorkers */
  constructor({ backend, verifyingKey, start, queue = 16, workers = 1 }: ProgramProverOptions) {
    if (!Number.isInteger(workers) || workers < 1 || workers > mostWorkers) throw new InvalidWorkers(workers, mostWorkers);
    this.backend = backend;
    this.#verifyingKey = verifyingKey;
    this.#start = start;
    this.#limit = queue;
    this.#workers = workers;
    this.#idle.push(start()); // so that key and witness program are loaded before the first proof is asked for
  }

  prove(inputs: WitnessInputs, options: ProveOptions = {}): Promise<Proven> {
    const { signal } = options;
    if (this.#closed) return Promise.reject(new ProverClosed());
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
    const allWork = this.#running.size >= this.#workers;
    if (allWork && this.#waiting.length >= this.#limit) return Promise.reject(new ProverBusy(this.#waiting.length));
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
    const left = [...this.#running.keys(), ...this.#waiting.splice(0)];
    for (const program of [...this.#running.values(), ...this.#idle.splice(0)]) this.#end(program);
    this.#running.clear();
    for (const job of left) job.reject(new ProverClosed());
    await Promise.all(this.#ending);
  }

  #giveUp(job: Job, reason: unknown): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    const program = this.#running.get(job);
    if (program !== undefined) {
      this.#running.delete(job);
      this.#end(program);
    }
    job.reject(reason);
    this.#next();
  }

  #end(program: ProverProgram): void {
    const end = program.end();
    this.#ending.add(end);
    void end.finally(() => this.#ending.delete(end));
  }

  #next(): void {
    while (!this.#closed && this.#running.size < this.#workers) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      try {
        const program = this.#take();
        this.#running.set(job, program);
        void this.#run(job, program);
      } catch (error) {
        job.reject(new ProverFailed("its process does not start", error));
      }
    }
  }

  /** One that has nothing to do; what died meanwhile costs no proof. */
  #take(): ProverProgram {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.ended) return idle;
      this.#end(idle);
    }
    return this.#start();
  }

  async #run(job: Job, program: ProverProgram): Promise<void> {
    const outcome = await this.#attempt(job, program).catch((error: unknown) => ({ error }));
    if (!this.#running.delete(job)) return; // given up, or closed
    const failed = "error" in outcome && outcome.error instanceof ProverFailed;
    if (failed)
      this.#end(program); // the next proof gets a process without its fault
    else this.#idle.push(program);
    if ("error" in outcome) job.reject(outcome.error);
    else job.resolve(outcome);
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
