import { expect } from "chai";
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { writeDevelopmentKey } from "../../scripts/ceremony/development-key.ts";
import { writeDevelopmentPowers } from "../../scripts/ceremony/development-powers.ts";
import { CeremonyFailed, TranscriptMismatch, UnknownPowers } from "../../scripts/ceremony/errors.ts";
import { Phase2 } from "../../scripts/ceremony/phase2.ts";
import { blake2b, checkPowers } from "../../scripts/ceremony/powers.ts";
import { readR1cs } from "../../scripts/ceremony/r1cs.ts";
import { keyOrigin } from "../../scripts/circuits/verify.ts";
import { beginPublic, checkDevelopmentKey, checkWhole, developmentSetup, finishPublic, type Setup } from "../../scripts/ceremony/setup.ts";
import { checkFolder, files, sha256, type Transcript } from "../../scripts/ceremony/transcript.ts";
import { type Circuit, compile } from "../../scripts/circuits/compile.ts";
import {
  assertKeyFor,
  assertSafeKey,
  assertSafeVerifyingKey,
  DevelopmentKey,
  isDevelopmentKey,
  readKey,
  toSnarkjsKey,
  UnreadableKey,
  UnsafeKey,
} from "../../src/price/prove/index.ts";

/** Small, so that a whole ceremony takes seconds. */
const small: Circuit = { component: "Quorum(7)", file: "quorum.circom", publicInputs: ["quorum"] };

/** What snarkjs' own program says, whether it succeeds or not. */
async function snarkjs(...args: string[]): Promise<string> {
  const run = promisify(execFile)(process.execPath, ["node_modules/snarkjs/build/cli.cjs", ...args]);
  const { stdout } = await run.catch((error: unknown) => error as { stdout: string });
  return stdout;
}

/** Where a section of a key begins. */
function sectionOf(key: Buffer, id: number): number {
  let at = 12;
  while (key.readUInt32LE(at) !== id) at += 12 + Number(key.readBigUInt64LE(at + 4));
  return at + 12;
}

describe("ceremony", function () {
  this.timeout(600_000);
  let folder: string;
  let raw: string;
  let powers: string;
  let begun: string;
  let setup: Setup;
  let phase2: Phase2;
  const beacon = { value: "5a".repeat(32), iterationsExponent: 10 };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "mintd-ceremony-"));
    powers = join(folder, "powers.ptau");
    raw = join(folder, "raw.ptau");
    const power = (await readR1cs((await compile(small)).r1cs)).power + 1; // public powers are more than circuits need
    await writeDevelopmentPowers(raw, power);
    await snarkjs("powersoftau", "prepare", "phase2", raw, powers);
    const known = { [power]: await blake2b(powers) };
    begun = await beginPublic(small, { powers, folder: join(folder, "begun"), known });
    phase2 = new Phase2();
    await phase2.contribute(begun, join(folder, "1.zkey"), "Alice");
    await phase2.contribute(join(folder, "1.zkey"), join(folder, "2.zkey"), "Bob");
    setup = await finishPublic(small, { key: join(folder, "2.zkey"), powers, beacon, folder: join(folder, "done"), known });
  });
  after(() => {
    (phase2 as Phase2 | undefined)?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("refuses a key without a contribution, though snarkjs exports its verifier", () => {
    const key = readKey(readFileSync(begun));
    expect(() => {
      assertSafeKey(key);
    }).to.throw(UnsafeKey, "no contribution");
    expect(() => {
      assertSafeVerifyingKey(key.verifyingKey);
    }).to.throw(UnsafeKey, "gamma and delta");
  });

  it("refuses a key whose gamma is its delta, whatever its contributions say", () => {
    const key = readKey(readFileSync(setup.provingKey));
    const [{ verifyingKey, delta1 }, first] = [readKey(readFileSync(begun)), key.deltaAfter];
    expect(() => {
      assertSafeKey({ ...key, verifyingKey });
    }).to.throw(UnsafeKey, "gamma and delta");
    expect(() => {
      assertSafeKey({ ...key, delta1, deltaAfter: delta1 });
    }).to.throw(UnsafeKey, "gamma and delta");
    expect(() => {
      assertSafeKey({ ...key, deltaAfter: key.verifyingKey.alpha1 });
    }).to.throw(UnsafeKey, "do not end");
    expect(first).to.deep.equal(key.delta1);
    assertSafeKey(key);
  });

  it("does not finish a ceremony that nobody contributed to", async () => {
    const known = { [setup.transcript.powers.power]: await blake2b(powers) };
    const error: unknown = await finishPublic(small, { key: begun, powers, beacon, folder: join(folder, "none"), known }).catch(
      (e: unknown) => e,
    );
    expect(error).to.be.instanceOf(UnsafeKey);
  });

  it("refuses powers whose hash is not pinned, and pinned ones that are too few", async () => {
    expect(await checkPowers(powers, 1).catch((error: unknown) => error)).to.be.instanceOf(UnknownPowers);
    const known = { 5: await blake2b(powers) };
    expect(await checkPowers(powers, 6, known).catch((error: unknown) => error)).to.be.instanceOf(CeremonyFailed);
    expect(await checkPowers(powers, 5, known)).to.deep.equal({ power: 5, hash: known[5] });
    const begin = beginPublic(small, { powers, folder: join(folder, "refused") });
    expect(await begin.catch((error: unknown) => error)).to.be.instanceOf(UnknownPowers);
  });

  it("is believed to come from its powers when the powers themselves say so, whatever its transcript says", async () => {
    expect(await keyOrigin(setup.folder, undefined)).to.contain("--powers");
    expect(await keyOrigin(setup.folder, powers)).to.equal("made from them alone");
    expect(await keyOrigin(setup.folder, raw)).to.contain("powers");
  });

  it("makes development powers that snarkjs refuses as a ceremony's", async () => {
    expect(await snarkjs("powersoftau", "verify", powers)).to.include("no contribution! It cannot be used in production");
    expect(readFileSync(raw).includes("known to everybody")).to.equal(true);
  });

  it("knows a development key by itself and keeps it to local chains", () => {
    const { verifyingKey } = readKey(readFileSync(setup.provingKey));
    expect(isDevelopmentKey(verifyingKey)).to.equal(true);
    expect(isDevelopmentKey({ ...verifyingKey, alpha1: [1n, 2n] })).to.equal(false);
    assertKeyFor(verifyingKey, { network: "localhost", local: true });
    expect(() => {
      assertKeyFor(verifyingKey, { network: "sepolia", local: false });
    }).to.throw(DevelopmentKey, "sepolia");
  });

  it("reads from a key what snarkjs exports", async () => {
    const out = join(folder, "exported.json");
    await snarkjs("zkey", "export", "verificationkey", setup.provingKey, out);
    const exported = JSON.parse(readFileSync(out, "utf8")) as Record<string, unknown>;
    const ours = toSnarkjsKey(readKey(readFileSync(setup.provingKey)).verifyingKey);
    for (const [name, value] of Object.entries(ours)) expect(exported[name], name).to.deep.equal(value);
    expect(JSON.parse(readFileSync(setup.verifyingKey, "utf8"))).to.deep.equal(ours);
  });

  it("names in the transcript who contributed, and what was made of what", () => {
    const { transcript } = setup;
    expect(transcript.contributions.map(({ name }) => name)).to.deep.equal(["Alice", "Bob"]);
    expect(transcript.development).to.equal(true);
    expect(transcript.sources["quorum.circom"]).to.equal(sha256(readFileSync("circuits/price/quorum.circom")));
    expect(Object.keys(transcript.tools)).to.deep.equal(["circom2", "circomlib", "ffjavascript", "snarkjs"]);
  });

  it("refuses a transcript with anything altered", () => {
    const other = join(folder, "altered");
    const zero = "0".repeat(64);
    const alterations: Partial<Record<keyof Transcript, unknown>> = {
      development: false,
      r1cs: zero,
      witnessProgram: zero,
      circuitHash: zero.repeat(2),
      contributions: setup.transcript.contributions.toReversed(),
      beacon: { ...setup.transcript.beacon, hash: zero.repeat(2) },
      provingKey: zero,
      verifyingKey: zero,
      powers: undefined,
      format: 2,
    };
    for (const [field, value] of Object.entries(alterations)) {
      cpSync(setup.folder, other, { recursive: true });
      writeFileSync(join(other, files.transcript), JSON.stringify({ ...setup.transcript, [field]: value }));
      expect(() => checkFolder(other), field).to.throw(TranscriptMismatch);
    }
  });

  it("refuses a transcript without the powers' hash but of a development key", () => {
    const other = join(folder, "unpinned");
    cpSync(setup.folder, other, { recursive: true });
    const altered = { ...setup.transcript, development: false, powers: { power: setup.transcript.powers.power } };
    writeFileSync(join(other, files.transcript), JSON.stringify(altered));
    expect(() => checkFolder(other))
      .to.throw(TranscriptMismatch, "only development keys")
      .and.include({ field: "form" });
  });

  it("refuses a folder with another file than the transcript says", () => {
    const other = join(folder, "exchanged");
    for (const file of [files.r1cs, files.witnessProgram, files.verifyingKey, files.provingKey]) {
      cpSync(setup.folder, other, { recursive: true });
      const bytes = readFileSync(join(other, file));
      bytes[bytes.length - 200] = 1 + (bytes.at(-200) ?? 0);
      writeFileSync(join(other, file), bytes);
      expect(() => checkFolder(other), file).to.throw(TranscriptMismatch);
    }
    expect(() => readKey(readFileSync(setup.provingKey).subarray(0, 900))).to.throw(UnreadableKey);
  });

  it("tells a key of these powers, which was made again when it was finished, from one of others", async () => {
    expect(await checkWhole(setup.folder, raw).catch((error: unknown) => error)).to.be.instanceOf(TranscriptMismatch);
  });

  it("makes the development key without powers, byte for byte as snarkjs does from them", async () => {
    const made = join(folder, "made.zkey");
    await writeDevelopmentKey((await compile(small)).r1cs, made);
    expect(readFileSync(made).equals(readFileSync(begun))).to.equal(true);
  });

  it("contributes to it with numbers that it knows, as snarkjs would", async () => {
    const { r1cs } = await compile(small);
    const made = join(folder, "contributed.zkey");
    const contribute = (circuitHash: string) => phase2.contributeKnown(circuitHash, ["Alice", "Bob"], beacon);
    const { hashes } = await writeDevelopmentKey(r1cs, made, { contribute });
    const facts = readKey(readFileSync(made));
    assertSafeKey(facts);
    expect(facts).to.deep.include({ contributionHashes: hashes, contributionNames: ["Alice", "Bob", "beacon"], beacons: 1 });
    expect(await phase2.verify(r1cs, powers, made)).to.equal(true);
  });

  it("makes a development key once", async () => {
    const first = await developmentSetup(small);
    const words: string[] = [];
    const second = await developmentSetup(small, { onProgress: (_, what) => words.push(what) });
    expect(second.transcript).to.deep.equal(first.transcript);
    expect(words).to.deep.equal(["compiling", "done"]);
    expect(first.transcript.contributions.map(({ name }) => name)).to.deep.equal(["development 1"]);
  });

  it("checks a development key without powers, by making it again", async () => {
    const made = await developmentSetup(small);
    await checkDevelopmentKey(made.folder);
    const other = join(folder, "other");
    cpSync(made.folder, other, { recursive: true });
    const key = readFileSync(made.provingKey);
    const [first, second] = [sectionOf(key, 9), sectionOf(key, 9) + 64];
    key.copyWithin(first, second, second + 64); // a point of the quotient's
    writeFileSync(join(other, files.provingKey), key);
    writeFileSync(join(other, files.transcript), JSON.stringify({ ...made.transcript, provingKey: sha256(key) }));
    const error: unknown = await checkDevelopmentKey(other).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(TranscriptMismatch).and.include({ field: "provingKey" });
  });
});
