import { expect } from "chai";
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { developmentSetup, type Setup } from "../../../../scripts/ceremony/setup.ts";
import { aggregationOf, type Circuit } from "../../../../scripts/circuits/compile.ts";
import { buildProver, ProverNotBuilt } from "../../../../scripts/prover/build.ts";
import {
  nativeProgram,
  openNativeProver,
  openProver,
  openSnarkjsProver,
  ProofInvalid,
  type Proven,
  type Prover,
  ProverBusy,
  ProverClosed,
  ProverFailed,
  readKey,
  toSnarkjsProof,
  UnsafeKey,
  verifyProof,
  type VerifyingKey,
  type WitnessInputs,
  WitnessRefused,
} from "../../../../src/price/prove/index.ts";
import { ProgramProver } from "../../../../src/price/prove/program-prover.ts";
import { FIELD } from "../../../../src/price/index.ts";
import { inputsOf, signersOf } from "../../../circuits/example.ts";

const small: Circuit = { component: "Quorum(7)", file: "quorum.circom", publicInputs: ["quorum"] };
const inputs = { enabled: [1n, 1n, 0n, 1n, 1n, 0n, 1n], quorum: 3n };

/** Every prover is held to the same promises. */
const backends = [
  { name: "snarkjs", open: openSnarkjsProver, build: () => Promise.resolve(true) },
  { name: "native", open: openNativeProver, build: buildProver },
] as const;

for (const { name, open, build } of backends)
  describe(`prover on ${name}`, function () {
    this.timeout(600_000);
    let folder: string;
    let setup: Setup;
    let key: VerifyingKey;
    let prover: Prover;
    let proven: Proven;

    before(async function () {
      try {
        await build();
      } catch (error) {
        if (!(error instanceof ProverNotBuilt)) throw error;
        console.log(`      skipped: ${error.message}`);
        this.skip();
      }
      folder = mkdtempSync(join(tmpdir(), "mintd-prover-"));
      setup = await developmentSetup(small);
      key = readKey(readFileSync(setup.provingKey)).verifyingKey;
      prover = open(setup, { queue: 2 });
      proven = await prover.prove(inputs);
    });
    after(async () => {
      await (prover as Prover | undefined)?.close();
      if ((folder as string | undefined) !== undefined) rmSync(folder, { recursive: true, force: true });
    });

    const refusal = (inputs: WitnessInputs): Promise<unknown> => prover.prove(inputs).catch((error: unknown) => error);

    it("refuses inputs that break a constraint, and says where", async () => {
      const error = await refusal({ ...inputs, quorum: 6n });
      expect(error).to.be.instanceOf(WitnessRefused);
      expect((error as WitnessRefused).where).to.deep.equal(["Num2Bits", "AssertBits", "AssertLeq", "Quorum"]);
    });

    it("refuses inputs that are missing, too many, of another name or outside of the field", async () => {
      for (const [wrong, words] of [
        [{ quorum: 3n }, "takes 8 values, not 1"],
        [{ ...inputs, enabled: [1n] }, "enabled has not 1 values"],
        [{ ...inputs, quora: 1n }, "quora has not 1 values"],
        [{ ...inputs, quorum: 3n + FIELD }, "outside of the field"],
        [{ ...inputs, quorum: -1n }, "outside of the field"],
      ] as const) {
        const error = await refusal(wrong);
        expect(error, words).to.be.instanceOf(WitnessRefused);
        expect((error as Error).message).to.include(words);
      }
    });

    it("makes proofs that hold for us and for snarkjs, for their public inputs alone", async () => {
      const { publicInputs, proof } = proven;
      expect(publicInputs).to.deep.equal([5n, 3n]);
      expect(verifyProof(key, publicInputs, proof)).to.equal(true);
      expect(await snarkjsVerifies(publicInputs, proven)).to.equal(true);
      for (const wrong of [[5n, 2n], [3n, 5n], [5n], [5n, 3n, 0n], [5n, 3n + FIELD], [5n, 3n - FIELD]]) {
        expect(verifyProof(key, wrong, proof), String(wrong)).to.equal(false);
      }
      expect(await snarkjsVerifies([5n, 2n], proven)).to.equal(false);
    });

    it("takes no altered proof, nor points that are on no curve", () => {
      const { publicInputs, proof } = proven;
      const [a, b, c] = [proof.a, proof.b, proof.c];
      const none = [0n, 0n] as const;
      for (const wrong of [
        { ...proof, a: c },
        { ...proof, c: a },
        { ...proof, a: none },
        { ...proof, a: [a[0], a[1] + 1n] as const },
        { ...proof, b: [b[1], b[0]] as const },
        { ...proof, b: key.beta2 },
        { a: none, b: [none, none] as const, c: none },
      ]) {
        expect(verifyProof(key, publicInputs, wrong)).to.equal(false);
      }
    });

    it("gives up what is being made and what waits, and goes on with the next", async () => {
      const stages: string[] = [];
      const [first, second] = [new AbortController(), new AbortController()];
      const made = why(
        prover.prove(inputs, {
          signal: first.signal,
          onProgress: (stage) => {
            stages.push(stage);
            if (stage === "proving") first.abort(new Error("not needed any more"));
          },
        }),
      );
      const waits = why(prover.prove(inputs, { signal: second.signal }));
      const next = prover.prove({ ...inputs, quorum: 2n }); // so that the answer to another question would show
      second.abort();
      expect(await made).to.equal("not needed any more");
      expect(await waits).to.include("aborted");
      expect((await next).publicInputs).to.deep.equal([5n, 2n]);
      expect(stages).to.deep.equal(["waiting", "witness", "proving"]);
      expect(await prover.prove(inputs, { signal: AbortSignal.abort() }).catch((error: unknown) => (error as Error).name)).to.equal(
        "AbortError",
      );
    });

    it("keeps no more waiting than its queue has room for", async () => {
      const asked = [1, 2, 3, 4].map(() => prover.prove(inputs).catch((error: unknown) => error));
      const answers = await Promise.all(asked);
      expect(answers.map((each) => each instanceof ProverBusy)).to.deep.equal([false, false, false, true]);
      expect(answers.slice(0, 3).every((each) => (each as Proven).backend === name)).to.equal(true);
    });

    it("refuses with what is wrong when its files cannot be loaded", async () => {
      const broken = open({ ...setup, witnessProgram: join(folder, "missing.wasm") });
      try {
        for (const time of ["first", "again"]) {
          const error: unknown = await broken.prove(inputs).catch((e: unknown) => e);
          expect(error, time).to.be.instanceOf(ProverFailed);
          expect((error as Error).message).to.include("missing.wasm");
        }
      } finally {
        await broken.close();
      }
    });

    it("opens with no key that lets anybody forge", () => {
      const bytes = readFileSync(setup.provingKey);
      const { contributionHashes } = readKey(bytes);
      expect(contributionHashes).to.have.lengthOf(2);
      const forged = join(folder, "forged.zkey");
      // No contributions: the count of the last section, and the section's end.
      writeFileSync(forged, withoutContributions(bytes));
      expect(() => open({ ...setup, provingKey: forged })).to.throw(UnsafeKey);
    });

    it("refuses what is asked after it was closed, and what it had not made", async () => {
      const closing = open(setup);
      const [made, waits] = [closing.prove(inputs), closing.prove(inputs)].map((each) => each.catch((error: unknown) => error));
      await closing.close();
      await closing.close();
      expect(await made).to.be.instanceOf(ProverClosed);
      expect(await waits).to.be.instanceOf(ProverClosed);
      expect(await closing.prove(inputs).catch((error: unknown) => error)).to.be.instanceOf(ProverClosed);
    });

    it("says how long it took and how much memory it held", () => {
      expect(proven.took.provingMs).to.be.above(0);
      expect(proven.took.peakMemory).to.be.within(1e6, 2e9);
    });

    // Takes a development key of its own size. MINTD_PROVER_SOURCES=7 npx hardhat test mocha test/src/price/prove/prover.test.ts
    const sources = Number(process.env.MINTD_PROVER_SOURCES ?? 0);
    (sources > 0 ? it : it.skip)("proves what sources agreed on", async function () {
      this.timeout(1_200_000);
      const real = open(await developmentSetup(aggregationOf(sources)));
      try {
        const prices = Array.from({ length: sources }, (_, at) => 250_000n + BigInt(at));
        const inputsOfAll = inputsOf(signersOf(sources), prices);
        expect((await real.prove(inputsOfAll)).publicInputs[0]).to.equal(inputsOfAll.packed);
      } finally {
        await real.close();
      }
    });

    async function snarkjsVerifies(publicInputs: readonly bigint[], { proof }: Proven): Promise<boolean> {
      const [inputsFile, proofFile] = [join(folder, "public.json"), join(folder, "proof.json")];
      writeFileSync(inputsFile, JSON.stringify(publicInputs.map(String)));
      writeFileSync(proofFile, JSON.stringify(toSnarkjsProof(proof)));
      const args = ["node_modules/snarkjs/build/cli.cjs", "groth16", "verify", setup.verifyingKey, inputsFile, proofFile];
      const { stdout } = await promisify(execFile)(process.execPath, args).catch((error: unknown) => error as { stdout: string });
      return stdout.includes("OK!");
    }
  });

describe("prover", function () {
  this.timeout(600_000);
  let setup: Setup;
  let key: VerifyingKey;
  const none: Proven = {
    backend: "scripted",
    publicInputs: [5n, 3n],
    proof: {
      a: [1n, 2n],
      b: [
        [0n, 0n],
        [0n, 0n],
      ],
      c: [1n, 2n],
    },
    took: { witnessMs: 0, provingMs: 0, peakMemory: 0 },
  };

  before(async () => {
    setup = await developmentSetup(small);
    key = readKey(readFileSync(setup.provingKey)).verifyingKey;
  });

  it("hands out no proof that does not hold for the verifying key", async () => {
    const start = () => scripted([() => Promise.resolve(none)]);
    expect(
      await new ProgramProver({ backend: "scripted", verifyingKey: key, start }).prove(inputs).catch((error: unknown) => error),
    ).to.be.instanceOf(ProofInvalid);
  });

  it("starts another process after one that failed", async () => {
    const real = openSnarkjsProver(setup);
    try {
      const good = await real.prove(inputs);
      const outcomes = [() => Promise.reject(new ProverFailed("out of luck")), () => Promise.resolve(good)];
      const ended: number[] = [];
      let started = 0;
      const start = () => {
        const number = started++;
        return { ...scripted([outcomes[number] ?? (() => Promise.resolve(good))]), end: () => Promise.resolve(void ended.push(number)) };
      };
      const prover = new ProgramProver({ backend: "scripted", verifyingKey: key, start });
      expect(await why(prover.prove(inputs))).to.include("out of luck");
      expect((await prover.prove(inputs)).proof).to.deep.equal(good.proof);
      expect([started, ended]).to.deep.equal([2, [0]]);
    } finally {
      await real.close();
    }
  });

  it("makes two proofs at the same time in two real processes", async () => {
    for (const open of [openSnarkjsProver, ...(existsSync(nativeProgram) ? [openNativeProver] : [])]) {
      const prover = open(setup, { workers: 2 });
      const stages: string[] = [];
      const ask = (quorum: bigint): Promise<Proven> =>
        prover.prove({ ...inputs, quorum }, { onProgress: (stage) => stages.push(`${stage} ${String(quorum)}`) });
      try {
        const proven = await Promise.all([ask(1n), ask(2n), ask(3n)]);
        expect(proven.map(({ publicInputs }) => publicInputs[1])).to.deep.equal([1n, 2n, 3n]);
        const [begun, made] = ["witness 2", "checking 1"].map((each) => stages.indexOf(each));
        expect(begun).to.be.below(made ?? 0);
        expect(stages.indexOf("witness 3")).to.be.above(Math.min(...["checking 1", "checking 2"].map((each) => stages.indexOf(each))));
      } finally {
        await prover.close();
      }
    }
  });

  it("takes the portable prover where the native one is not built, and says why", async () => {
    const reasons: string[] = [];
    const prover = openProver(setup, { program: "/nowhere/prover", onFallback: (reason) => reasons.push(reason) });
    await prover.close();
    expect(prover.backend).to.equal("snarkjs");
    expect(reasons).to.deep.equal(["there is no native prover at /nowhere/prover"]);
  });

  it("takes the portable prover where the native one is there and does not run, and says how it ended", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mintd-broken-prover-"));
    try {
      for (const [script, mode, why] of [
        ["#!/bin/sh\nkill -ILL $$\n", 0o755, "it ended with SIGILL"],
        ["#!/bin/sh\nexit 127\n", 0o755, "it ended with code 127"],
        ["no program", 0o644, "EACCES"],
      ] as const) {
        const program = join(folder, "prover");
        writeFileSync(program, script);
        chmodSync(program, mode);
        const reasons: string[] = [];
        const prover = openProver(setup, { program, onFallback: (reason) => reasons.push(reason) });
        await prover.close();
        expect(prover.backend).to.equal("snarkjs");
        expect(reasons.join()).to.contain(`the native prover at ${program} does not run`).and.to.contain(why);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("says what the native prover's build lacks", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["scripts/prover-build.ts", "--json"], { env: { PATH: "" } }).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(JSON.parse(stdout)).to.have.nested.property("error.code", "PROVER_NOT_BUILT");
  });

  it("reads nothing beyond a key whose coefficients are out of range", async function () {
    if (!existsSync(nativeProgram)) this.skip();
    const folder = mkdtempSync(join(tmpdir(), "mintd-prover-"));
    const bad = join(folder, "bad.zkey");
    const bytes = readFileSync(setup.provingKey);
    bytes.writeUInt32LE(0xffffffff, sectionAt(bytes, 4) + 12 + 4 + 8); // the first coefficient's wire
    writeFileSync(bad, bytes);
    const prover = openNativeProver({ ...setup, provingKey: bad });
    try {
      expect(await why(prover.prove(inputs))).to.include("a coefficient of the key is out of range");
    } finally {
      await prover.close();
      rmSync(folder, { recursive: true });
    }
  });
});

/** What a promise is refused with, heard from the start. */
const why = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "nothing",
    (error: unknown) => (error as Error).message,
  );

/** A program that answers what it is told to, one after the other. */
const scripted = (answers: (() => Promise<Proven>)[]) => ({
  ended: false,
  prove: () => (answers.shift() ?? (() => Promise.reject(new Error("nothing left"))))(),
  end: () => Promise.resolve(),
});

/** Where a section of a key begins: its number, its size, its bytes. */
function sectionAt(bytes: Buffer, id: number): number {
  for (let at = 12; at < bytes.length; at += 12 + Number(bytes.readBigUInt64LE(at + 4))) if (bytes.readUInt32LE(at) === id) return at;
  throw new Error(`the key has no section ${id}`);
}

/** The same key as if nobody had contributed. */
function withoutContributions(bytes: Buffer): Buffer {
  const at = sectionAt(bytes, 10);
  const kept = Buffer.from(bytes.subarray(0, at + 12 + 68));
  kept.writeBigUInt64LE(68n, at + 4);
  kept.writeUInt32LE(0, at + 12 + 64);
  return kept;
}
