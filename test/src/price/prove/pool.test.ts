import { expect } from "chai";
import * as fc from "fast-check";
import {
  InvalidWorkers,
  ProverBusy,
  ProverClosed,
  ProverFailed,
  type ProvingStage,
  WitnessRefused,
} from "../../../../src/price/prove/index.ts";
import { ProgramProver } from "../../../../src/price/prove/program-prover.ts";
import type { Proven, ProverProgram } from "../../../../src/price/prove/prover.ts";
import type { WitnessInputs } from "../../../../src/price/prove/witness-program.ts";

const none = [0n, 0n] as const;
const nowhere = [none, none] as const;
/** All its points are at infinity: every proof of such points holds, and to see that costs little. */
const key = { alpha1: none, beta2: nowhere, gamma2: nowhere, delta2: nowhere, inputs: [none, none] };
const took = { witnessMs: 0, provingMs: 0, peakMemory: 0 };

/** A process in the test's hands: it answers when it is told to. */
class HandProgram implements ProverProgram {
  ended = false;
  killed = false;
  /** The proof that it works on; the job's number is its one input. */
  job:
    | { readonly number: number; readonly resolve: (proven: Omit<Proven, "backend">) => void; readonly reject: (e: Error) => void }
    | undefined;

  prove({ number }: WitnessInputs, onProgress: (stage: ProvingStage) => void): Promise<Omit<Proven, "backend">> {
    expect(this.isAlive, "a process that is alive").to.equal(true);
    expect(this.job, "one proof at a time").to.equal(undefined);
    const { promise, resolve, reject } = Promise.withResolvers<Omit<Proven, "backend">>();
    this.job = { number: Number(number), resolve, reject };
    onProgress("proving");
    return promise;
  }
  end(): Promise<void> {
    this.killed = true;
    return Promise.resolve();
  }
  get isAlive(): boolean {
    return !this.ended && !this.killed;
  }
  proves(): void {
    const { number = 0, resolve } = this.job ?? {};
    this.job = undefined;
    resolve?.({ publicInputs: [BigInt(number)], proof: { a: none, b: nowhere, c: none }, took });
  }
  refuses(): void {
    const { number, reject } = this.job ?? {};
    this.job = undefined;
    reject?.(new WitnessRefused([String(number)]));
  }
  dies(): void {
    this.ended = true;
    this.job?.reject(new ProverFailed("its process ended"));
  }
}

/** A prover over such processes, and what came of all that was asked of it. */
class Pool {
  readonly programs: HandProgram[] = [];
  readonly outcomes: string[] = [];
  readonly prover: ProgramProver;
  readonly #asked: AbortController[] = [];

  constructor(options: { readonly workers?: number; readonly queue?: number }) {
    const start = (): HandProgram => {
      const program = new HandProgram();
      this.programs.push(program);
      return program;
    };
    this.prover = new ProgramProver({ backend: "by hand", verifyingKey: key, start, ...options });
  }
  /** Asks for the next proof; its number. */
  ask(): number {
    const number = this.#asked.length;
    const giveUp = new AbortController();
    this.#asked.push(giveUp);
    this.outcomes.push("");
    void this.prover.prove({ number }, { signal: giveUp.signal }).then(
      ({ publicInputs }) => (this.outcomes[number] = `proven ${String(publicInputs[0])}`),
      (error: unknown) => (this.outcomes[number] = wordsOf(error)),
    );
    return number;
  }
  giveUp(number: number): void {
    this.#asked[number]?.abort(new Error("given up"));
  }
  get alive(): HandProgram[] {
    return this.programs.filter(({ isAlive }) => isAlive);
  }
  get working(): HandProgram[] {
    return this.alive.filter(({ job }) => job !== undefined);
  }
  get numbers(): (number | undefined)[] {
    return this.working.map(({ job }) => job?.number).sort((a = 0, b = 0) => a - b);
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof ProverBusy) return "busy";
  if (error instanceof ProverClosed) return "closed";
  if (error instanceof ProverFailed) return "failed";
  if (error instanceof WitnessRefused) return `refused ${error.where.join()}`;
  return (error as Error).message;
}

/** Until everything that follows by itself has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("prover with a pool of processes", function () {
  this.timeout(120_000);

  it("starts no process before it is needed, and no more than it may", async () => {
    const pool = new Pool({ workers: 2 });
    expect(pool.programs).to.have.lengthOf(1);
    pool.ask();
    expect(pool.programs).to.have.lengthOf(1);
    pool.programs[0]?.proves();
    await settled();
    pool.ask();
    expect(pool.programs).to.have.lengthOf(1);
    pool.ask();
    pool.ask();
    expect([pool.programs.length, pool.numbers]).to.deep.equal([2, [1, 2]]);
    pool.programs[1]?.proves();
    await settled();
    expect(pool.numbers).to.deep.equal([1, 3]);
    expect(pool.outcomes).to.deep.equal(["proven 0", "", "proven 2", ""]);
  });

  it("loses with a process its own proof alone, and with an idle one none", async () => {
    const pool = new Pool({ workers: 2 });
    for (let i = 0; i < 3; i++) pool.ask();
    pool.programs[0]?.dies();
    await settled();
    expect([pool.outcomes, pool.numbers]).to.deep.equal([
      ["failed", "", ""],
      [1, 2],
    ]);
    for (const program of pool.working) program.proves();
    await settled();
    for (const program of pool.alive) program.dies();
    pool.ask();
    expect(pool.numbers).to.deep.equal([3]);
    pool.working[0]?.proves();
    await settled();
    expect(pool.outcomes).to.deep.equal(["failed", "proven 1", "proven 2", "proven 3"]);
    expect(
      pool.programs.every(({ killed, isAlive }) => killed || isAlive),
      "who died is ended too",
    ).to.equal(true);
  });

  it("is opened with 1 to 64 processes", () => {
    for (const workers of [0, -1, 1.5, 65, Number.NaN]) expect(() => new Pool({ workers }), String(workers)).to.throw(InvalidWorkers);
    for (const workers of [1, 64]) expect(() => new Pool({ workers })).to.not.throw();
  });

  it("refuses a proof whose process cannot be started, and goes on with the next", async () => {
    let starts = 0;
    const start = (): HandProgram => {
      if (++starts === 2) throw new Error("no more processes");
      return new HandProgram();
    };
    const prover = new ProgramProver({ backend: "by hand", verifyingKey: key, start, workers: 2 });
    const [first, second] = [prover.prove({ number: 0 }), prover.prove({ number: 1 })].map((each) => each.catch(wordsOf));
    expect(await second).to.equal("failed");
    await prover.close();
    expect(await first).to.equal("closed");
  });

  it("does what a pool in one's head does, in every order of asking, answers, deaths and giving up", async () => {
    const step = fc.record({
      what: fc.constantFrom("ask", "ask", "ask", "prove", "refuse", "refuse", "die", "give up", "race"),
      which: fc.nat(20),
    });
    const run = async (workers: number, queue: number, steps: readonly { what: string; which: number }[]): Promise<void> => {
      const pool = new Pool({ workers, queue });
      const expected: string[] = [];
      const running: number[] = [];
      const waiting: number[] = [];
      const fill = (): void => {
        while (running.length < workers && waiting.length > 0) running.push(waiting.shift() ?? 0);
      };
      const over = (number: number, words: string): void => {
        for (const list of [running, waiting]) if (list.includes(number)) list.splice(list.indexOf(number), 1);
        expected[number] = words;
        fill();
      };
      for (const { what, which } of steps) {
        const worker = pool.working[which % Math.max(1, pool.working.length)];
        const number = worker?.job?.number ?? 0;
        if (what === "ask") {
          const asked = pool.ask();
          const isFull = running.length === workers && waiting.length >= queue;
          expected.push(isFull ? "busy" : "");
          if (!isFull) waiting.push(asked);
          fill();
        } else if (what === "give up" && expected.length > 0) {
          const chosen = which % expected.length;
          pool.giveUp(chosen);
          if (expected[chosen] === "") over(chosen, "given up");
        } else if (what === "prove" && worker) {
          worker.proves();
          over(number, `proven ${number}`);
        } else if (what === "refuse" && worker) {
          worker.refuses();
          over(number, `refused ${number}`);
        } else if (what === "race" && worker) {
          worker.refuses();
          pool.giveUp(number); // before the answer is heard
          over(number, "given up");
        } else if (what === "die") {
          const mortal = pool.alive[which % Math.max(1, pool.alive.length)];
          const lost = mortal?.job?.number;
          mortal?.dies();
          if (lost !== undefined) over(lost, "failed");
        }
        await settled();
        expect(pool.outcomes).to.deep.equal(expected);
        expect(pool.numbers).to.deep.equal([...running].sort((a, b) => a - b));
        expect(pool.alive.length).to.be.at.most(workers);
      }
      await pool.prover.close();
      await settled();
      for (const number of [...running, ...waiting]) expected[number] = "closed";
      expect(pool.outcomes).to.deep.equal(expected);
      expect(pool.programs.every(({ killed }) => killed)).to.equal(true);
    };
    const steps = fc.array(step, { minLength: 1, maxLength: 40, size: "max" });
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 }), steps, run), { numRuns: 100 });
  });
});
