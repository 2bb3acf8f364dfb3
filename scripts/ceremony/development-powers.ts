import { type ChildProcess, fork } from "node:child_process";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { developmentSecrets } from "../../src/price/prove/development.ts";
import { FIELD } from "../../src/price/widths.ts";
import type { Multiplication } from "./fixed-base.ts";

/** How many points are asked for at a time. */
const CHUNK = 4_096;
const BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/**
 * Writes a powers-of-tau file (iden3's .ptau, prepared for phase 2) straight from numbers that everybody knows, in seconds
 * where a ceremony takes minutes. It serves circuits of exactly 2^power constraints: smaller levels are points at infinity.
 * It has no contribution, by which `snarkjs powersoftau verify` refuses it, and a section that says what it is.
 * @param onProgress told how many points of how many are made
 */
export async function writeDevelopmentPowers(
  file: string,
  power: number,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<void> {
  const { tau, alpha, beta } = developmentSecrets;
  const size = 2 ** power;
  const powers = powersOf(tau, 2 * size - 1);
  const level = lagrange(tau, power);
  const times = (factor: bigint): bigint[] => level.map((each) => (each * factor) % FIELD);
  const sections: readonly (readonly [id: number, group: "G1" | "G2", infinite: number, factors: readonly bigint[]])[] = [
    [2, "G1", 0, powers],
    [4, "G1", 0, [alpha]],
    [5, "G1", 0, [beta]],
    [6, "G2", 0, [beta]],
    [12, "G1", size - 1, [...level, ...upperLevel(tau, power + 1)]],
    [13, "G2", size - 1, level],
    [14, "G1", size - 1, times(alpha)],
    [15, "G1", size - 1, times(beta)],
  ];
  const total = sections.reduce((sum, [, , , factors]) => sum + factors.length, 0);
  const multipliers = new Multipliers(power);
  const out = createWriteStream(file);
  const write = async (...parts: Uint8Array[]) => {
    for (const part of parts) if (!out.write(part)) await once(out, "drain");
  };
  try {
    await write(Buffer.from("ptau"), u32(1), u32(sections.length + 3));
    await write(u32(1), u64(44), u32(32), bytesOf(BASE_FIELD), u32(power), u32(power));
    await write(u32(7), u64(4), u32(0)); // no contributions
    const mark = Buffer.from("mintd: development powers of tau, known to everybody");
    await write(u32(0x6d74), u64(mark.length), mark);
    let done = 0;
    for (const [id, group, infinite, factors] of sections) {
      const point = group === "G1" ? 64 : 128;
      await write(u32(id), u64((infinite + factors.length) * point), Buffer.alloc(infinite * point));
      const chunks = multipliers.multiply(group, factors, (count) => {
        onProgress((done += count), total);
      });
      for (const chunk of chunks) await write(await chunk);
    }
    out.end();
    await finished(out);
  } finally {
    out.destroy();
    multipliers.close();
  }
}

/** As many processes as cores, each given its next chunk when it is done with one. */
class Multipliers {
  readonly #programs: ChildProcess[];
  readonly #free: Promise<unknown>[];
  readonly #window: number;

  constructor(power: number) {
    this.#window = power < 10 ? 6 : 12;
    const count = power < 10 ? 1 : Math.min(availableParallelism(), 8);
    this.#programs = Array.from({ length: count }, () => fork(join(import.meta.dirname, "fixed-base.ts"), { serialization: "advanced" }));
    this.#free = this.#programs.map(() => Promise.resolve());
  }

  /** Chunks of points in the factors' order. */
  multiply(group: "G1" | "G2", factors: readonly bigint[], onDone: (count: number) => void): Promise<Uint8Array>[] {
    const chunks: Promise<Uint8Array>[] = [];
    for (let at = 0; at < factors.length; at += CHUNK) {
      const some = factors.slice(at, at + CHUNK);
      const which = chunks.length % this.#programs.length;
      const chunk = (this.#free[which] ?? Promise.resolve()).then(async () => {
        const points = await this.#ask(which, { group, factors: Buffer.concat(some.map(bytesOf)), window: this.#window });
        onDone(some.length);
        return points;
      });
      this.#free[which] = chunk.catch(() => undefined); // whoever writes the chunks hears of it
      chunks.push(chunk);
    }
    return chunks;
  }

  #ask(which: number, message: Multiplication): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const program = this.#programs[which];
    const ended = (code: number | null): void => {
      reject(new Error(`the program that multiplies points ended with ${code ?? "a signal"}`));
    };
    program?.once("exit", ended);
    program?.once("message", (points) => {
      program.off("exit", ended);
      resolve(points as Uint8Array);
    });
    program?.send(message);
    return promise;
  }

  close(): void {
    for (const program of this.#programs) program.kill();
  }
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
/** 32 bytes, the lowest first. */
const bytesOf = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();

const modulo = (value: bigint): bigint => ((value % FIELD) + FIELD) % FIELD;

function raise(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = modulo(base), rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % FIELD) {
    if (rest & 1n) result = (result * square) % FIELD;
  }
  return result;
}
const invert = (value: bigint): bigint => raise(value, FIELD - 2n);

function powersOf(base: bigint, count: number): bigint[] {
  const powers = [1n];
  while (powers.length < count) powers.push(((powers.at(-1) ?? 1n) * base) % FIELD);
  return powers;
}

/** A generator of the 2^power-th roots of unity; 2^28 is the largest such group of the field. */
const rootOf = (power: number): bigint => raise(raise(5n, (FIELD - 1n) >> 28n), 1n << BigInt(28 - power));

/** Values at `at` of the 2^power Lagrange polynomials over the roots of unity. */
function lagrange(at: bigint, power: number): bigint[] {
  const size = 1n << BigInt(power);
  const roots = powersOf(rootOf(power), Number(size));
  const share = (modulo(raise(at, size) - 1n) * invert(size)) % FIELD;
  const inverses = invertAll(roots.map((root) => modulo(at - root)));
  return roots.map((root, index) => ((((inverses[index] ?? 0n) * share) % FIELD) * root) % FIELD);
}

/** The same where the highest power of tau is not known, as after a ceremony of 2^power - 1 powers. */
function upperLevel(at: bigint, power: number): bigint[] {
  const size = 1n << BigInt(power);
  const roots = powersOf(rootOf(power), Number(size));
  const missing = (raise(at, size - 1n) * invert(size)) % FIELD;
  return lagrange(at, power).map((value, index) => modulo(value - missing * (roots[index] ?? 0n)));
}

/** All inverses for the price of one and three products each. */
function invertAll(values: readonly bigint[]): bigint[] {
  const products = [1n];
  for (const value of values) products.push(((products.at(-1) ?? 1n) * value) % FIELD);
  let inverse = invert(products.pop() ?? 1n);
  const inverses: bigint[] = [];
  for (let at = values.length - 1; at >= 0; at--) {
    inverses.push((inverse * (products[at] ?? 1n)) % FIELD);
    inverse = (inverse * (values[at] ?? 1n)) % FIELD;
  }
  return inverses.reverse();
}
