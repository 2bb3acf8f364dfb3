import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { assertSafeKey, isDevelopmentKey, readKey, toSnarkjsKey, type VerifyingKey } from "../../src/price/prove/index.ts";
import { CeremonyUnreadable, TranscriptMismatch } from "./errors.ts";
import { pinned } from "./powers.ts";

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const versions = z.record(z.string(), z.string());

const schema = z
  .strictObject({
    format: z.literal(1),
    circuit: z.string(),
    /** True where the powers' secret is known: for local chains alone. */
    development: z.boolean(),
    /** SHA-256 of each file of the circuit's source. */
    sources: z.record(z.string(), hex(32)),
    tools: versions,
    r1cs: hex(32),
    witnessProgram: hex(32),
    /** The circuit and the powers, as snarkjs digests them. */
    circuitHash: hex(64),
    /** A file's; without a hash where the key was made from the development secrets themselves (`writeDevelopmentKey`). */
    powers: z.strictObject({ power: z.int(), blake2b: hex(64).optional() }),
    contributions: z.array(z.strictObject({ name: z.string(), hash: hex(64) })).min(1),
    beacon: z.strictObject({ value: z.string(), iterationsExponent: z.int(), hash: hex(64) }),
    provingKey: hex(32),
    verifyingKey: hex(32),
  })
  .refine(({ development, powers }) => development || powers.blake2b !== undefined, {
    path: ["powers"],
    error: "only development keys need no file",
  });

/** What a ceremony did, so that others can check it and do it again. Digests are SHA-256 unless named otherwise. */
export type Transcript = z.infer<typeof schema>;

/** Names of the files of a finished ceremony. */
export const files = {
  transcript: "transcript.json",
  provingKey: "proving-key.zkey",
  verifyingKey: "verifying-key.json",
  r1cs: "circuit.r1cs",
  witnessProgram: "witness.wasm",
} as const;

export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** The text of a verifying key's file: snarkjs' form. Its digest is what registries know a key by. */
export const verifyingKeyText = (key: VerifyingKey): string => `${JSON.stringify(toSnarkjsKey(key), null, 2)}\n`;

/**
 * Compares a finished ceremony's folder with its transcript. Everything but the powers themselves, and that the beacon's
 * contribution was made of its value: those take as long as the ceremony (`npm run ceremony -- check --powers <file>`).
 * @throws CeremonyUnreadable a file is missing, or the transcript is not JSON
 * @throws TranscriptMismatch a file or a claim differs
 * @throws UnsafeKey, UnreadableKey
 */
export function checkFolder(folder: string): Transcript {
  const at = (name: string): Buffer => orUnreadable(folder, () => readFileSync(join(folder, name)));
  const text = at(files.transcript).toString("utf8");
  const parsed = schema.safeParse(orUnreadable(folder, () => JSON.parse(text) as unknown));
  if (!parsed.success) throw new TranscriptMismatch("form", "version 1", z.prettifyError(parsed.error));
  const transcript = parsed.data;
  const bytes = at(files.provingKey);
  const key = readKey(bytes);
  assertSafeKey(key);
  const same = (field: string, said: unknown, found: unknown): void => {
    if (JSON.stringify(said) !== JSON.stringify(found)) throw new TranscriptMismatch(field, said, found);
  };
  same("development", transcript.development, isDevelopmentKey(key.verifyingKey));
  same("provingKey", transcript.provingKey, sha256(bytes));
  same("verifyingKey", transcript.verifyingKey, sha256(verifyingKeyText(key.verifyingKey)));
  same("verifyingKey", transcript.verifyingKey, sha256(at(files.verifyingKey)));
  same("r1cs", transcript.r1cs, sha256(at(files.r1cs)));
  same("witnessProgram", transcript.witnessProgram, sha256(at(files.witnessProgram)));
  same("circuitHash", transcript.circuitHash, key.circuitHash);
  same("contributions", [...transcript.contributions.map(({ hash }) => hash), transcript.beacon.hash], key.contributionHashes);
  const names = transcript.contributions.map(({ name }) => name);
  same("contributions", names, key.contributionNames.slice(0, -1));
  same("beacon", [1, true], [key.beacons, key.endsInBeacon]);
  const { value, iterationsExponent } = transcript.beacon;
  same("beacon", [value, iterationsExponent], [key.beacon?.value, key.beacon?.iterationsExponent]);
  if (!transcript.development) same("powers", transcript.powers.blake2b, pinned[transcript.powers.power]);
  return transcript;
}

function orUnreadable<T>(folder: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new CeremonyUnreadable(folder, error instanceof Error ? error.message : String(error));
  }
}
