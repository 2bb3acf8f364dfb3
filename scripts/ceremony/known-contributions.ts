// SPDX-License-Identifier: GPL-3.0-only
// Contributions to a key whose points are all known multiples: the numbers come back, where snarkjs keeps them and multiplies
// the points one by one. It uses ffjavascript, hence its licence.
import { createHash, randomBytes } from "node:crypto";
import { buildBn128, ChaCha } from "ffjavascript";
import { FIELD } from "../../src/price/widths.ts";
import { u32 } from "./binary.ts";

/** One after the other: contributions under their names, then a beacon. */
export interface Contributors {
  /** Hexadecimal. */
  readonly circuitHash: string;
  readonly names: readonly string[];
  /** `value` is hexadecimal; it is hashed 2^iterationsExponent times. */
  readonly beacon: { readonly name: string; readonly value: string; readonly iterationsExponent: number };
}

export interface KnownContributions {
  /** What they make of a delta of 1. */
  readonly delta: bigint;
  /** As a key has them. */
  readonly records: Uint8Array;
  /** One of each, hexadecimal. */
  readonly hashes: readonly string[];
}

/** Contributes so that snarkjs' checks hold for the records. Who contributes here draws from this machine's randomness. */
export async function contributeKnown({ circuitHash, names, beacon }: Contributors): Promise<KnownContributions> {
  const { Fr, G1, G2 } = await buildBn128(true);
  const contributors = names.map((name) => ({ rng: rngOf(randomBytes(32)), kind: 0, parameters: parameter(1, Buffer.from(name)) }));
  const often = [2, beacon.iterationsExponent];
  const named = [parameter(1, Buffer.from(beacon.name)), Buffer.from(often), parameter(3, Buffer.from(beacon.value, "hex"))];
  contributors.push({ rng: rngOf(hashedOften(beacon)), kind: 1, parameters: Buffer.concat(named) });

  const before = createHash("blake2b512").update(circuitHash, "hex");
  const records: Uint8Array[] = [];
  const hashes: string[] = [];
  let [delta, delta1] = [1n, G1.g];
  for (const { rng, kind, parameters } of contributors) {
    const secret = Fr.fromRng(rng);
    const point = G1.toAffine(G1.fromRng(rng));
    const moved = G1.toAffine(G1.timesFr(point, secret));
    const transcript = before.copy().update(G1.toUncompressed(point)).update(G1.toUncompressed(moved)).digest();
    const moved2 = G2.toAffine(G2.timesFr(G2.fromRng(rngOf(transcript)), secret));
    delta = (delta * Fr.toObject(secret)) % FIELD;
    delta1 = G1.toAffine(G1.timesFr(delta1, secret));
    const published = Buffer.concat([
      ...[delta1, point, moved].map((each) => G1.toUncompressed(each)),
      G2.toUncompressed(moved2),
      transcript,
    ]);
    before.update(published);
    hashes.push(createHash("blake2b512").update(published).digest("hex"));
    records.push(delta1, point, moved, moved2, transcript, u32(kind), u32(parameters.length), parameters);
  }
  return { delta, records: Buffer.concat(records), hashes };
}

const parameter = (id: number, value: Buffer): Buffer => Buffer.from([id, value.length, ...value]);

/** A stream that the first 32 bytes decide. */
const rngOf = (seed: Buffer): ChaCha => new ChaCha(Array.from({ length: 8 }, (_, word) => seed.readUInt32BE(4 * word)));

function hashedOften({ value, iterationsExponent }: Contributors["beacon"]): Buffer {
  let hash: Buffer = Buffer.from(value, "hex");
  for (let times = 2 ** iterationsExponent; times > 0; times--) hash = createHash("sha256").update(hash).digest();
  return hash;
}
