import { readFile } from "node:fs/promises";
import { FIELD } from "../../src/price/widths.ts";
import { CeremonyFailed } from "./errors.ts";

/** One wire of a linear combination. */
export interface Term {
  readonly wire: number;
  readonly coefficient: bigint;
}

/** What a constraint says: a times b is c. */
export type Constraint = readonly [a: readonly Term[], b: readonly Term[], c: readonly Term[]];

/** A circuit's constraints, as circom writes them. */
export interface ConstraintSystem {
  /** With the one, which is wire 0. */
  readonly wires: number;
  /** Outputs and public inputs, which follow the one. */
  readonly publicWires: number;
  readonly count: number;
  /** The power of two that constraints and public wires fit in, as snarkjs counts. */
  readonly power: number;
  constraints(): Generator<Constraint>;
}

const sectionIds = { header: 1, constraints: 2 } as const;

/** Reads numbers one after the other, the lowest byte first. */
class Reader {
  readonly #bytes: Buffer;
  #at: number;
  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }
  u32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32LE(this.#at - 4);
  }
  number(words = 4): bigint {
    let value = 0n;
    for (let word = words - 1; word >= 0; word--) value = (value << 64n) | this.#bytes.readBigUInt64LE(this.#at + 8 * word);
    this.#at += 8 * words;
    return value;
  }
  combination(): Term[] {
    return Array.from({ length: this.u32() }, () => ({ wire: this.u32(), coefficient: this.number() }));
  }
}

/** @throws CeremonyFailed the file is no constraint system over BN254 */
export async function readR1cs(file: string): Promise<ConstraintSystem> {
  const sections = sectionsOf(await readFile(file), file);
  const header = sections(sectionIds.header);
  if (header.u32() !== 32 || header.number() !== FIELD) throw new CeremonyFailed(`${file} is no circuit over BN254`);
  const [wires, outputs, inputs] = [header.u32(), header.u32(), header.u32()];
  header.u32(); // private inputs
  header.number(1); // labels
  const count = header.u32();
  const publicWires = outputs + inputs;
  return {
    wires,
    publicWires,
    count,
    power: Math.floor(Math.log2(count + publicWires)) + 1,
    *constraints() {
      const reader = sections(sectionIds.constraints);
      for (let at = 0; at < count; at++) yield [reader.combination(), reader.combination(), reader.combination()];
    },
  };
}

/** circom writes the head last. */
function sectionsOf(bytes: Buffer, file: string): (id: number) => Reader {
  if (bytes.toString("latin1", 0, 4) !== "r1cs") throw new CeremonyFailed(`${file} is no .r1cs file`);
  const starts = new Map<number, number>();
  for (let at = 12; at < bytes.length; at += 12 + Number(bytes.readBigUInt64LE(at + 4))) starts.set(bytes.readUInt32LE(at), at + 12);
  return (id) => {
    const start = starts.get(id);
    if (start === undefined) throw new CeremonyFailed(`${file} has no section ${id}`);
    return new Reader(bytes, start);
  };
}
