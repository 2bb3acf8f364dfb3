import { bn254 } from "@noble/curves/bn254.js";
import { blake2b } from "@noble/hashes/blake2.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { UnreadableKey } from "./errors.ts";
import { FIELD } from "../widths.ts";
import type { G1, G2, VerifyingKey } from "./verifying-key.ts";

/** What mintd looks at in a proving key. */
export interface KeyFacts {
  readonly verifyingKey: VerifyingKey;
  /** delta in the first group. */
  readonly delta1: G1;
  /** delta after the last contribution of phase 2, as the list of contributions says; undefined without one. */
  readonly deltaAfter: G1 | undefined;
  /** Digest of the circuit and the powers of tau, hexadecimal. */
  readonly circuitHash: string;
  /** One of each contribution of phase 2, a beacon included: what its giver published. Hexadecimal. */
  readonly contributionHashes: readonly string[];
  readonly contributionNames: readonly string[];
  readonly beacons: number;
  readonly endsInBeacon: boolean;
  /** What the last contribution says it was made of, where it is a beacon: hexadecimal, hashed 2^iterationsExponent times. */
  readonly beacon: { readonly value: string; readonly iterationsExponent: number } | undefined;
  readonly wires: number;
  /** Constraints and public inputs, filled up to a power of two. */
  readonly domain: number;
}

const BASE_FIELD = bn254.fields.Fp.ORDER;
/** Coordinates are stored times 2^256. */
const shrink = bn254.fields.Fp.inv((1n << 256n) % BASE_FIELD);
const sectionIds = { protocol: 1, header: 2, inputs: 3, contributions: 10 } as const;

/** Reads numbers one after the other. */
class Reader {
  readonly #view: DataView;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  skip(count: number): void {
    this.#at += count;
  }
  u32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }
  number(): bigint {
    let value = 0n;
    for (let word = 3; word >= 0; word--) value = (value << 64n) | this.#view.getBigUint64(this.#at + 8 * word, true);
    this.#at += 32;
    return value;
  }
  bytes(count: number): Uint8Array {
    this.#at += count;
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at - count, count);
  }
  coordinate(): bigint {
    return (this.number() * shrink) % BASE_FIELD;
  }
  g1(): G1 {
    return [this.coordinate(), this.coordinate()];
  }
  g2(): G2 {
    return [
      [this.coordinate(), this.coordinate()],
      [this.coordinate(), this.coordinate()],
    ];
  }
}

/**
 * Reads a proving key in iden3's binary form (`.zkey`, Groth16 over BN254). Nothing is judged here: that is `assertSafeKey`.
 * @throws UnreadableKey
 */
export function readKey(bytes: Uint8Array): KeyFacts {
  try {
    const sections = sectionsOf(bytes);
    if (sections(sectionIds.protocol).u32() !== 1) throw new Error("not a Groth16 key");
    const header = sections(sectionIds.header);
    if (header.u32() !== 32 || header.number() !== BASE_FIELD || header.u32() !== 32 || header.number() !== FIELD) {
      throw new Error("not over BN254");
    }
    const [wires, publicInputs, domain] = [header.u32(), header.u32(), header.u32()];
    const alpha1 = header.g1();
    header.skip(64); // beta in the first group: only provers need it
    const [beta2, gamma2, delta1, delta2] = [header.g2(), header.g2(), header.g1(), header.g2()];
    const points = sections(sectionIds.inputs);
    const inputs = Array.from({ length: publicInputs + 1 }, () => points.g1());
    return {
      verifyingKey: { alpha1, beta2, gamma2, delta2, inputs },
      delta1,
      wires,
      domain,
      ...phase2(sections(sectionIds.contributions)),
    };
  } catch (cause) {
    throw new UnreadableKey(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

type Phase2Facts = Pick<
  KeyFacts,
  "circuitHash" | "contributionHashes" | "contributionNames" | "beacons" | "endsInBeacon" | "beacon" | "deltaAfter"
>;

function phase2(section: Reader): Phase2Facts {
  const circuitHash = bytesToHex(section.bytes(64));
  const count = section.u32();
  const contributionHashes: string[] = [];
  const contributionNames: string[] = [];
  let deltaAfter: G1 | undefined;
  let beacons = 0;
  let endsInBeacon = false;
  let beacon: KeyFacts["beacon"];
  for (let at = 0; at < count; at++) {
    deltaAfter = section.g1();
    const points = [...deltaAfter, ...section.g1(), ...section.g1(), ...section.g2().flatMap(([real, imaginary]) => [imaginary, real])];
    contributionHashes.push(bytesToHex(blake2b(concatBytes(...points.map(big), section.bytes(64)))));
    endsInBeacon = section.u32() === 1;
    if (endsInBeacon) beacons++;
    const { name, ...made } = parametersIn(section.bytes(section.u32()));
    contributionNames.push(name);
    beacon = endsInBeacon ? made : undefined;
  }
  return { circuitHash, contributionHashes, contributionNames, beacons, endsInBeacon, beacon, deltaAfter };
}

/** 32 bytes, the highest first. */
const big = (value: bigint): Uint8Array => hexToBytes(value.toString(16).padStart(64, "0"));

/** A contribution's parameters, numbered, each once and in this order: its name, a beacon's iterations, a beacon's value. */
function parametersIn(bytes: Uint8Array): { name: string; iterationsExponent: number; value: string } {
  let [name, iterationsExponent, value] = ["", 0, ""];
  let last = 0;
  for (let at = 0; at < bytes.length;) {
    const [kind = 0, number = 0] = bytes.subarray(at, at + 2);
    const end = at + 2 + (kind === 2 ? 0 : number);
    if (kind <= last || kind > 3 || end > bytes.length) throw new Error("a contribution's parameters cannot be read");
    if (kind === 1) name = new TextDecoder().decode(bytes.subarray(at + 2, end));
    else if (kind === 2) iterationsExponent = number;
    else value = bytesToHex(bytes.subarray(at + 2, end));
    [last, at] = [kind, end];
  }
  return { name, iterationsExponent, value };
}

function sectionsOf(bytes: Uint8Array): (id: number) => Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder("latin1").decode(bytes.subarray(0, 4)) !== "zkey" || view.getUint32(4, true) !== 1)
    throw new Error("not a zkey file");
  const found = new Map<number, Uint8Array>();
  for (let at = 12; at < bytes.length;) {
    const [id, size] = [view.getUint32(at, true), Number(view.getBigUint64(at + 4, true))];
    if (at + 12 + size > bytes.length) throw new Error("it ends too early");
    if (found.has(id)) throw new Error(`section ${id} is there twice`);
    found.set(id, bytes.subarray(at + 12, at + 12 + size));
    at += 12 + size;
  }
  return (id) => {
    const section = found.get(id);
    if (section === undefined) throw new Error(`section ${id} is missing`);
    return new Reader(section);
  };
}
