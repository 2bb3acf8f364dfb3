import { expect } from "chai";
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { writeDevelopmentPowers } from "../../scripts/ceremony/development-powers.ts";
import { CeremonyFailed, CeremonyUnreadable, TranscriptMismatch } from "../../scripts/ceremony/errors.ts";
import { Phase2 } from "../../scripts/ceremony/phase2.ts";
import { blake2b } from "../../scripts/ceremony/powers.ts";
import { readR1cs } from "../../scripts/ceremony/r1cs.ts";
import { beginPublic, checkWhole, finishPublic, type Setup } from "../../scripts/ceremony/setup.ts";
import { checkFolder, files, type Transcript } from "../../scripts/ceremony/transcript.ts";
import { type Circuit, compile } from "../../scripts/circuits/compile.ts";
import { readKey, UnreadableKey } from "../../src/price/prove/index.ts";

/** Small, so that a whole ceremony takes seconds. */
const small: Circuit = { component: "Quorum(7)", file: "quorum.circom", publicInputs: ["quorum"] };

/** What a promise came to: the error, or that there was none. */
const errorOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => "none").catch((error: unknown) => error);

/** Runs `npm run ceremony` with these arguments, as somebody types them. */
async function ceremony(...args: readonly string[]): Promise<{ readonly code: unknown; readonly said: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["scripts/ceremony.ts", ...args]);
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    return { code, said: stdout + stderr };
  }
}

describe("A ceremony, where somebody makes a mistake or lies", function () {
  this.timeout(600_000);
  let folder: string;
  let powers: string;
  let known: Record<number, string>;
  let contributed: string;
  let setup: Setup;
  const at = (name: string): string => join(folder, name);
  const beacon = { value: "5a".repeat(32), iterationsExponent: 10 };
  const phase2 = new Phase2();
  const finish = (key: string, to: string, from = powers) => finishPublic(small, { key, powers: from, beacon, folder: to, known });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "mintd-mistakes-"));
    powers = at("powers.ptau");
    const { power } = await readR1cs((await compile(small)).r1cs);
    await writeDevelopmentPowers(at("raw.ptau"), power);
    await promisify(execFile)(process.execPath, [
      "node_modules/snarkjs/build/cli.cjs",
      "powersoftau",
      "prepare",
      "phase2",
      at("raw.ptau"),
      powers,
    ]);
    known = { [power]: await blake2b(powers) };
    const begun = await beginPublic(small, { powers, folder: at("begun"), known });
    contributed = at("contributed.zkey");
    await phase2.contribute(begun, contributed, "Alice");
    setup = await finish(contributed, at("done"));
  });
  after(() => {
    phase2.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("leaves no folder of a key that is not from the circuit and the powers, though its transcript would fit", async () => {
    const forged = at("forged.zkey");
    writeFileSync(forged, withPointsExchanged(readFileSync(contributed)));
    const before = readdirSync(folder);
    const error = await errorOf(finish(forged, at("keys")));
    expect(error).to.be.instanceOf(TranscriptMismatch).with.property("field", "provingKey");
    expect(readdirSync(folder)).to.deep.equal(before);
  });

  /** Where a section's head is in a key. */
  function sectionAt(key: Buffer, id: number): number {
    let at = 12;
    while (key.readUInt32LE(at) !== id) at += 12 + Number(key.readBigUInt64LE(at + 4));
    return at;
  }

  /** The key with the first two points of its section A exchanged: nothing that is looked at without the powers shows it. */
  function withPointsExchanged(key: Buffer): Buffer {
    const first = sectionAt(key, 5) + 12;
    const [one, other] = [key.subarray(first, first + 64), key.subarray(first + 64, first + 128)];
    return Buffer.concat([key.subarray(0, first), other, one, key.subarray(first + 128)]);
  }

  it("writes over no key and no folder", async () => {
    const bytes = readFileSync(contributed);
    for (const out of [contributed, at("begun/begun.zkey")]) {
      expect(await errorOf(phase2.contribute(contributed, out, "Bob")))
        .to.be.instanceOf(CeremonyFailed)
        .with.property("message")
        .that.contains("is there already");
    }
    expect(readFileSync(contributed).equals(bytes)).to.equal(true);
    const began = errorOf(beginPublic(small, { powers, folder: at("begun"), known }));
    expect(await began)
      .to.be.instanceOf(CeremonyFailed)
      .with.property("message")
      .that.contains("is there already");
    const transcript = readFileSync(join(setup.folder, files.transcript), "utf8");
    expect(await errorOf(finish(contributed, setup.folder)))
      .to.be.instanceOf(CeremonyFailed)
      .with.property("message")
      .that.contains("is there already");
    expect(readFileSync(join(setup.folder, files.transcript), "utf8")).to.equal(transcript);
  });

  it("leaves no half of a key where a step stops, so that it can be run again", async () => {
    const without = readFileSync(contributed);
    without.writeUInt32LE(90, sectionAt(without, 9)); // which is missing once half of the next key is written
    writeFileSync(at("without.zkey"), without);
    const next = at("next.zkey");
    expect(await errorOf(phase2.contribute(at("without.zkey"), next, "Bob"))).to.be.instanceOf(CeremonyFailed);
    expect(existsSync(next)).to.equal(false);
  });

  it("compares beacon and names with the key's own records", () => {
    const { transcript } = setup;
    expect(readKey(readFileSync(setup.provingKey)).beacon).to.deep.equal(beacon);
    expect(readKey(readFileSync(contributed)).beacon).to.equal(undefined);
    const [alice] = transcript.contributions;
    const lies: readonly [field: string, lie: Partial<Transcript>][] = [
      ["beacon", { beacon: { ...transcript.beacon, value: "5b".repeat(32) } }],
      ["beacon", { beacon: { ...transcript.beacon, iterationsExponent: 11 } }],
      ["contributions", { contributions: [{ name: "Mallory", hash: alice?.hash ?? "" }] }],
    ];
    for (const [field, lie] of lies) {
      const other = at("lie");
      cpSync(setup.folder, other, { recursive: true });
      writeFileSync(join(other, files.transcript), JSON.stringify({ ...transcript, ...lie }));
      expect(() => checkFolder(other), JSON.stringify(lie))
        .to.throw(TranscriptMismatch)
        .with.property("field", field);
    }
  });

  it("reads no beacon out of records that are not in order", async () => {
    const key = readFileSync(setup.provingKey);
    const mark = key.lastIndexOf(Buffer.from(beacon.value, "hex"));
    for (const [at, value] of [
      [mark - 2, 1],
      [mark - 2, 9],
      [mark - 1, 255],
    ] as const) {
      const wrong = Buffer.from(key);
      wrong[at] = value;
      expect(() => readKey(wrong), `${at - mark}: ${value}`).to.throw(UnreadableKey, "parameters");
    }
    await checkWhole(setup.folder, powers); // which makes the beacon's contribution again
  });

  it("says in words what was typed wrong", async () => {
    mkdirSync(at("empty"));
    mkdirSync(at("nonsense"));
    writeFileSync(at(`nonsense/${files.transcript}`), "{");
    const typed: readonly (readonly [code: string, words: string, ...args: readonly string[]])[] = [
      ["CEREMONY_FAILED", "--beakon", "finish", "--beakon", "00"],
      ["CEREMONY_UNREADABLE", files.transcript, "check", "--folder", at("empty")],
      ["CEREMONY_UNREADABLE", "JSON", "check", "--folder", at("nonsense")],
      [
        "CEREMONY_FAILED",
        "none.zkey",
        "finish",
        "--key",
        at("none.zkey"),
        "--powers",
        powers,
        "--folder",
        at("new"),
        "--beacon",
        beacon.value,
      ],
      ["CEREMONY_FAILED", "constructor", "constructor"],
    ];
    for (const [code, words, ...args] of typed) {
      const run = await ceremony(...args);
      expect(run.said, args.join(" ")).to.contain(`${code}: `).and.to.contain(words);
      expect(run.said).to.not.contain("\n    at ");
      expect(run.code).to.equal(1);
    }
    expect(await errorOf(finish(contributed, at("new"), at("none.ptau"))))
      .to.be.instanceOf(CeremonyFailed)
      .with.property("message")
      .that.contains("none.ptau");
    expect(await errorOf(phase2.contribute(contributed, at("nowhere/out.zkey"), "Bob")))
      .to.be.instanceOf(CeremonyFailed)
      .with.property("message")
      .that.contains("nowhere");
    expect(() => checkFolder(at("nowhere"))).to.throw(CeremonyUnreadable, "nowhere");
  });
});
