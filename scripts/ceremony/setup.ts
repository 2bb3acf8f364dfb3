import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { assertSafeKey, isDevelopmentKey, readKey } from "../../src/price/prove/index.ts";
import { type Circuit, type Compiled, compile } from "../circuits/compile.ts";
import { writeDevelopmentKey } from "./development-key.ts";
import { writeDevelopmentPowers } from "./development-powers.ts";
import { CeremonyFailed, TranscriptMismatch } from "./errors.ts";
import { type Beacon, Phase2 } from "./phase2.ts";
import { blake2b, checkPowers, type KnownPowers } from "./powers.ts";
import { readR1cs } from "./r1cs.ts";
import { checkFolder, files, sha256, type Transcript, verifyingKeyText } from "./transcript.ts";

const root = join(import.meta.dirname, "../..");
const keys = join(root, "circuits/build/keys");

/** What long work says of itself: how far the whole is, from 0 to 1, and what is being done. */
export type OnProgress = (share: number, words: string) => void;

/** A finished ceremony: where its files are. */
export interface Setup {
  readonly folder: string;
  readonly provingKey: string;
  readonly verifyingKey: string;
  readonly witnessProgram: string;
  readonly r1cs: string;
  readonly transcript: Transcript;
}

/** Hash of bytes that nobody chose for this: it only has to be there, as the powers' secret is known. */
const developmentBeacon: Beacon = { value: sha256("mintd development beacon"), iterationsExponent: 10 };

/**
 * The development key of a circuit: for tests and local chains. Kept in circuits/build/keys by the digest of the compiled
 * circuit and the tools' versions.
 * Race: two processes may make the same key. Mitigation: each in a folder of its own, renamed when it is whole; the first stays.
 * @throws CircuitNotCompiled, CeremonyFailed
 */
export async function developmentSetup(
  circuit: Circuit,
  { contributions = 1, onProgress = () => undefined }: { contributions?: number; onProgress?: OnProgress } = {},
): Promise<Setup> {
  onProgress(0, "compiling");
  const compiled = await compile(circuit);
  const tools = JSON.stringify(versions());
  const digest = createHash("sha256")
    .update(readFileSync(compiled.r1cs))
    .update(readFileSync(compiled.wasm))
    .update(`${tools} ${contributions} 1`);
  const folder = join(keys, `${nameOf(circuit)}-${digest.digest("hex").slice(0, 16)}`);
  if (!existsSync(folder)) {
    mkdirSync(keys, { recursive: true });
    const draft = mkdtempSync(join(keys, "draft-"));
    try {
      await makeDevelopmentKey({ circuit, compiled, folder: draft, contributions, onProgress });
      renameSync(draft, folder);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!existsSync(folder)) throw error; // else another process was quicker
    }
  }
  onProgress(1, "done");
  return setupIn(folder);
}

interface Making {
  readonly circuit: Circuit;
  readonly compiled: Compiled;
  readonly folder: string;
  readonly contributions: number;
  readonly onProgress: OnProgress;
}

async function makeDevelopmentKey({ circuit, compiled, folder, contributions, onProgress }: Making): Promise<void> {
  const names = Array.from({ length: contributions }, (_, at) => `development ${at + 1}`);
  const { hashes } = await withPhase2((phase2) =>
    writeDevelopmentKey(compiled.r1cs, join(folder, files.provingKey), {
      contribute: (circuitHash) => phase2.contributeKnown(circuitHash, names, developmentBeacon),
      onProgress(done, total) {
        onProgress(0.1 + (0.8 * done) / total, "the circuit's key");
      },
    }),
  );
  onProgress(0.95, "transcript");
  const given = names.map((name, at) => ({ name, hash: hashes[at] ?? "" }));
  const beacon = { ...developmentBeacon, hash: hashes.at(-1) ?? "" };
  seal({ circuit, compiled, given, beacon, folder });
}

/** The files of a finished ceremony. @throws TranscriptMismatch, UnsafeKey, UnreadableKey */
export function setupIn(folder: string): Setup {
  const transcript = checkFolder(folder);
  const at = (name: string): string => join(folder, name);
  return {
    folder,
    transcript,
    provingKey: at(files.provingKey),
    verifyingKey: at(files.verifyingKey),
    witnessProgram: at(files.witnessProgram),
    r1cs: at(files.r1cs),
  };
}

/** Runs steps of phase 2 in one program, which ends with them. */
async function withPhase2<T>(work: (phase2: Phase2) => Promise<T>): Promise<T> {
  const phase2 = new Phase2();
  try {
    return await work(phase2);
  } finally {
    phase2.close();
  }
}

/**
 * The first step of a ceremony over public powers: a key that others contribute to, not to be used yet. Returns its path.
 * @throws UnknownPowers the file's hash is not pinned
 */
export async function beginPublic(
  circuit: Circuit,
  { powers, folder, known, onProgress = () => undefined }: { powers: string; folder: string; known?: KnownPowers; onProgress?: OnProgress },
): Promise<string> {
  onProgress(0, "compiling");
  const compiled = await compile(circuit);
  await checkPowers(powers, (await readR1cs(compiled.r1cs)).power, known);
  orFailed(() => mkdirSync(folder, { recursive: true }));
  onProgress(0.25, "phase 2: the circuit's key");
  const key = join(folder, "begun.zkey");
  await withPhase2((phase2) => phase2.begin(compiled.r1cs, powers, key));
  return key;
}

interface FinishOptions {
  readonly key: string;
  readonly powers: string;
  readonly beacon: Beacon;
  readonly folder: string;
  readonly known?: KnownPowers;
  readonly onProgress?: OnProgress;
}

/**
 * The last step: the beacon, the check of the whole against circuit and powers, and the transcript. The folder is there when
 * all of it holds, and else not at all: one with a transcript would be believed.
 * @param key after the last contribution
 * @param folder where nothing is yet
 * @throws UnknownPowers, UnsafeKey, UnreadableKey, CeremonyFailed
 * @throws TranscriptMismatch the key is not from this circuit and these powers alone
 */
export async function finishPublic(
  circuit: Circuit,
  { key, powers, beacon, folder, known, onProgress = () => undefined }: FinishOptions,
): Promise<Setup> {
  if (existsSync(folder)) throw new CeremonyFailed(`${folder} is there already: name a folder that is not`);
  const facts = readKey(orFailed(() => readFileSync(key)));
  assertSafeKey(facts);
  const compiled = await compile(circuit);
  const { power, hash } = await checkPowers(powers, (await readR1cs(compiled.r1cs)).power, known);
  const given = facts.contributionHashes.map((each, at) => ({ name: facts.contributionNames[at] ?? "", hash: each }));
  const place = resolve(folder);
  const draft = orFailed(() => {
    mkdirSync(dirname(place), { recursive: true });
    return mkdtempSync(`${place}.draft-`);
  });
  try {
    onProgress(0.5, "beacon");
    const beaconHash = await withPhase2((phase2) => phase2.beacon(key, join(draft, files.provingKey), beacon));
    seal({ circuit, compiled, given, powers: { power, blake2b: hash }, beacon: { ...beacon, hash: beaconHash }, folder: draft });
    onProgress(0.95, "checking the key against circuit and powers");
    await checkWhole(draft, powers);
    chmodSync(draft, 0o755); // it is to be published, and a draft is one user's
    renameSync(draft, place);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  return setupIn(folder);
}

/** A path that somebody typed may be wrong: that is no fault of the program. @throws CeremonyFailed */
function orFailed<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CeremonyFailed(error instanceof Error ? error.message : String(error));
  }
}

/** Whether the key comes from this circuit and these powers alone. @throws TranscriptMismatch */
export async function checkWhole(folder: string, powers: string): Promise<void> {
  const { transcript, r1cs, provingKey } = setupIn(folder);
  const hash = await blake2b(powers);
  if (hash !== transcript.powers.blake2b) throw new TranscriptMismatch("powers", transcript.powers.blake2b, hash);
  const holds = await withPhase2((phase2) => phase2.verify(r1cs, powers, provingKey));
  if (!holds) throw new TranscriptMismatch("provingKey", "made from this circuit and these powers", "another");
}

/**
 * Whether a key comes from this circuit and the development secrets alone: the key is made again, and snarkjs judges what was
 * contributed to it. Takes longer than making it.
 * @throws TranscriptMismatch
 */
export async function checkDevelopmentKey(folder: string): Promise<void> {
  const { transcript, r1cs, provingKey } = setupIn(folder);
  const draft = mkdtempSync(join(tmpdir(), "mintd-key-"));
  try {
    const [begun, powers] = [join(draft, "begun.zkey"), join(draft, "powers.ptau")];
    await writeDevelopmentKey(r1cs, begun);
    await writeDevelopmentPowers(powers, transcript.powers.power);
    const holds = await withPhase2((phase2) => phase2.verifyFrom(begun, powers, provingKey));
    if (!holds) throw new TranscriptMismatch("provingKey", "made from this circuit and the development secrets", "another");
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

interface Ending {
  readonly circuit: Circuit;
  readonly compiled: Compiled;
  readonly given: readonly { readonly name: string; readonly hash: string }[];
  /** Of a file; a development key needs none. */
  readonly powers?: Transcript["powers"];
  readonly beacon: Transcript["beacon"];
  /** Has the finished key. */
  readonly folder: string;
}

/** Puts beside a finished key what it was made from, and the transcript. @throws UnsafeKey */
function seal({ circuit, compiled, given, powers, beacon, folder }: Ending): void {
  const at = (name: string): string => join(folder, name);
  copyFileSync(compiled.r1cs, at(files.r1cs));
  copyFileSync(compiled.wasm, at(files.witnessProgram));
  const bytes = readFileSync(at(files.provingKey));
  const facts = readKey(bytes);
  assertSafeKey(facts);
  const text = verifyingKeyText(facts.verifyingKey);
  writeFileSync(at(files.verifyingKey), text);
  const transcript: Transcript = {
    format: 1,
    circuit: circuit.component,
    development: isDevelopmentKey(facts.verifyingKey),
    sources: sourcesOf(circuit),
    tools: versions(),
    r1cs: sha256(readFileSync(compiled.r1cs)),
    witnessProgram: sha256(readFileSync(compiled.wasm)),
    circuitHash: facts.circuitHash,
    powers: powers ?? { power: Math.log2(facts.domain) },
    contributions: [...given],
    beacon,
    provingKey: sha256(bytes),
    verifyingKey: sha256(text),
  };
  writeFileSync(at(files.transcript), `${JSON.stringify(transcript, null, 2)}\n`);
}

const nameOf = ({ component }: Circuit): string => component.replace(/\W+/g, "-").replace(/-$/, "").toLowerCase();

/** SHA-256 of each file of the circuit's source. */
export function sourcesOf(circuit: Circuit): Record<string, string> {
  const folder = join(root, "circuits/price");
  const texts = globSync("*.circom", { cwd: folder }).sort();
  return Object.fromEntries(texts.map((file) => [basename(file), sha256(circuit.edits?.[file] ?? readFileSync(join(folder, file)))]));
}

/** Of everything that has a say in a key. */
function versions(): Record<string, string> {
  const version = (name: string): string =>
    (JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as { version: string }).version;
  return Object.fromEntries(["circom2", "circomlib", "ffjavascript", "snarkjs"].map((name) => [name, version(name)]));
}
