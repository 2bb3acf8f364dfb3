import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { Worker } from "node:worker_threads";
import { ProverFailed, ProverUnavailable, WitnessRefused } from "./errors.ts";
import { readKey } from "./key-file.ts";
import { ProgramProver } from "./program-prover.ts";
import type { Proven, Prover, ProverProgram, ProvingStage } from "./prover.ts";
import { assertSafeKey } from "./safe-key.ts";
import { openSnarkjsProver, type PoolOptions, type ProverFiles } from "./snarkjs-prover.ts";
import type { Proof } from "./verifying-key.ts";
import { WIRE, wireAt, type WitnessInputs } from "./witness-program.ts";
import type { WitnessAnswer } from "./witness-worker.ts";

/** Where `npm run prover:build` puts the native prover. */
export const nativeProgram = join(import.meta.dirname, "../../../circuits/build/native/prover");

export interface NativeProverOptions extends PoolOptions {
  /** Path of the program. */
  readonly program?: string;
}

/**
 * The fast prover: native programs that keep the key mapped, whose pages they share, each with a thread that finds witnesses.
 * @throws ProverUnavailable it is not built here, or does not run
 * @throws UnsafeKey, UnreadableKey, InvalidWorkers
 */
export function openNativeProver(files: ProverFiles, { program = nativeProgram, ...pool }: NativeProverOptions = {}): Prover {
  assertRuns(program);
  const key = readKey(readFileSync(files.provingKey));
  assertSafeKey(key);
  const publicInputs = key.verifyingKey.inputs.length - 1;
  const start = (): ProverProgram => new NativeProgram(program, files, publicInputs);
  return new ProgramProver({ backend: "native", verifyingKey: key.verifyingKey, start, ...pool });
}

/**
 * The native prover where it is built and runs, else the portable one.
 * @param onFallback told why it is not the native one
 * @throws UnsafeKey, UnreadableKey, InvalidWorkers
 */
export function openProver(
  files: ProverFiles,
  options: NativeProverOptions & { readonly onFallback?: (reason: string) => void } = {},
): Prover {
  try {
    return openNativeProver(files, options);
  } catch (error) {
    if (!(error instanceof ProverUnavailable)) throw error;
    options.onFallback?.(error.message);
    return openSnarkjsProver(files, options);
  }
}

/**
 * Without a key it says in its own words what it lacks: one of another processor, or without its libraries, does not get there.
 * @throws ProverUnavailable
 */
function assertRuns(program: string): void {
  if (!existsSync(program)) throw new ProverUnavailable(program);
  const { error, signal, status, stdout } = spawnSync(program, { timeout: 10_000, stdio: ["ignore", "pipe", "ignore"] });
  if (error) throw new ProverUnavailable(program, error.message);
  if (!stdout.includes("the path of a proving key"))
    throw new ProverUnavailable(program, `it ended with ${signal ?? `code ${status ?? 0}`}`);
}

type Took = Omit<Proven, "backend">;

class NativeProgram implements ProverProgram {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #worker: Worker;
  readonly #gone: Promise<unknown>;
  readonly #publicInputs: number;
  /** What came from the process and is not yet a whole message. */
  #heard: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;
  #answer: { readonly resolve: (body: Buffer) => void; readonly reject: (error: Error) => void } | undefined;

  constructor(program: string, { provingKey, witnessProgram }: ProverFiles, publicInputs: number) {
    this.#publicInputs = publicInputs;
    // Threads that wait leave the cores to others; one heap for all of them keeps memory flat.
    const env = { ...process.env, OMP_WAIT_POLICY: "passive", MALLOC_ARENA_MAX: "1" };
    this.#child = spawn(program, [provingKey], { stdio: ["pipe", "pipe", "inherit"], env });
    this.#worker = new Worker(new URL("witness-worker.ts", import.meta.url), { workerData: witnessProgram });
    this.#gone = once(this.#child, "close").catch(() => undefined); // one that does not start is told by `fail` below
    this.#child.stdout.on("data", (chunk: Buffer) => {
      this.#hear(chunk);
    });
    this.#child.stdin.on("error", () => undefined); // its end says why
    const fail = (problem: string, cause?: unknown): void => {
      this.#failure ??= new ProverFailed(problem, cause);
      this.#answer?.reject(this.#failure);
    };
    this.#child.once("error", (error) => {
      fail(`the native prover does not start: ${error.message}`, error);
    });
    this.#child.once("close", (code, signal) => {
      fail(`the native prover ended with ${signal ?? `code ${code ?? 0}`}`);
    });
    this.#worker.once("error", (error) => {
      fail(`the witness program cannot be used: ${error.message}`, error);
    });
  }

  get ended(): boolean {
    return this.#failure !== undefined;
  }

  async prove(inputs: WitnessInputs, onProgress: (stage: ProvingStage) => void): Promise<Took> {
    onProgress("witness");
    const started = performance.now();
    const witness = await this.#ask((resolve, reject) => {
      this.#worker.once("message", (answer: WitnessAnswer) => {
        if (answer.kind === "found") resolve(Buffer.from(answer.witness.buffer, answer.witness.byteOffset, answer.witness.byteLength));
        else reject(answer.kind === "refused" ? new WitnessRefused(answer.where, answer.problem) : new ProverFailed(answer.problem));
      });
      this.#worker.postMessage(inputs);
    });
    const found = performance.now();
    onProgress("proving");
    const body = await this.#ask(() => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(witness.length);
      this.#child.stdin.write(length);
      this.#child.stdin.write(witness);
    });
    return {
      proof: proofIn(body.subarray(8)),
      publicInputs: Array.from({ length: this.#publicInputs }, (_, at) => wireAt(witness, at + 1)),
      took: { witnessMs: found - started, provingMs: performance.now() - found, peakMemory: Number(body.readBigUInt64LE(0)) },
    };
  }

  async end(): Promise<void> {
    this.#child.kill("SIGKILL"); // it holds nothing but memory
    await Promise.all([this.#gone, this.#worker.terminate()]);
  }

  /** The answer to what `ask` asks; or why there will be none. */
  async #ask(ask: (resolve: (body: Buffer) => void, reject: (error: Error) => void) => void): Promise<Buffer> {
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    this.#answer = { resolve, reject };
    ask(resolve, reject);
    return promise.finally(() => (this.#answer = undefined));
  }

  #hear(chunk: Buffer): void {
    this.#heard = Buffer.concat([this.#heard, chunk]);
    while (this.#heard.length >= 4) {
      const end = 4 + this.#heard.readUInt32LE(0);
      if (this.#heard.length < end) return;
      const [kind, body] = [this.#heard.toString("latin1", 4, 5), this.#heard.subarray(5, end)];
      this.#heard = this.#heard.subarray(end);
      if (kind === "p") this.#answer?.resolve(body);
      if (kind === "f") {
        this.#failure ??= new ProverFailed(body.toString());
        this.#answer?.reject(this.#failure);
      }
    }
  }
}

function proofIn(body: Buffer): Proof {
  if (body.length !== 8 * WIRE) throw new ProverFailed("the native prover's answer has another size than a proof");
  const at = (index: number): bigint => wireAt(body, index);
  return {
    a: [at(0), at(1)],
    b: [
      [at(2), at(3)],
      [at(4), at(5)],
    ],
    c: [at(6), at(7)],
  };
}
