import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Forked } from "../../src/forked.ts";
import { numberBytes } from "./binary.ts";
import { CeremonyFailed } from "./errors.ts";
import { CHUNK, type Group, type Multiples, type Multiplication } from "./multiplication.ts";

/** Multiples of a group's generator that are wanted. */
export interface Wanted {
  readonly group: Group;
  readonly factors: readonly bigint[];
}

const limit = 8;

/** Multiplies generators by many numbers in as many processes as cores, each given its next chunk when it is done with one. */
export class Multipliers {
  readonly #programs: readonly Forked[];
  readonly #free: Promise<unknown>[];
  readonly #windows: Readonly<Record<Group, number>>;
  #next = 0;

  /** @param wanted all that will be asked for: tables are as large as pays for it */
  constructor(wanted: readonly Wanted[]) {
    const count = (group: Group): number => wanted.reduce((sum, each) => sum + (each.group === group ? each.factors.length : 0), 0);
    const programs = Math.max(1, Math.min(availableParallelism(), limit, Math.floor((count("G1") + count("G2")) / CHUNK)));
    this.#windows = { G1: windowFor(count("G1") / programs), G2: windowFor(count("G2") / programs) };
    this.#programs = Array.from({ length: programs }, () => new Forked(join(import.meta.dirname, "fixed-base.ts")));
    this.#free = this.#programs.map(() => Promise.resolve());
  }

  /** Chunks of points in the factors' order. What is asked for first is made first. */
  multiply({ group, factors }: Wanted, onDone: (count: number) => void = () => undefined): Promise<Multiples>[] {
    const chunks: Promise<Multiples>[] = [];
    for (let at = 0; at < factors.length; at += CHUNK) {
      const some = factors.slice(at, at + CHUNK);
      const which = this.#next++ % this.#programs.length;
      const chunk = (this.#free[which] ?? Promise.resolve()).then(async () => {
        const points = await this.#ask(which, { group, factors: Buffer.concat(some.map(numberBytes)), window: this.#windows[group] });
        onDone(some.length);
        return points;
      });
      this.#free[which] = chunk.catch(() => undefined); // whoever takes the chunks hears of it
      chunks.push(chunk);
    }
    return chunks;
  }

  async #ask(which: number, message: Multiplication): Promise<Multiples> {
    const program = this.#programs[which];
    if (!program) throw new RangeError(`there is no program ${which}`);
    return program.ask<Multiples, Multiples>(message, {
      hear: (points, { resolve }) => {
        resolve(points);
      },
      failed: (why) => new CeremonyFailed(`the program that multiplies points: ${why}`),
    });
  }

  close(): void {
    for (const program of this.#programs) void program.kill();
  }
}

/**
 * Bits to look up at a time for so many points: a table's entry costs about half as much again as an addition that it saves.
 * At most 12, as a window's entries are made affine at once and there is room for a chunk of them.
 */
function windowFor(points: number): number {
  const cost = (bits: number): number => Math.ceil(254 / bits) * (1.5 * 2 ** bits + points);
  let best = 2;
  for (let bits = 3; 2 ** bits <= CHUNK; bits++) if (cost(bits) < cost(best)) best = bits;
  return best;
}
