import { systemClock } from "../../src/clock.ts";
import type { Stage } from "./faults/index.ts";

/** The pace of a run: everything happens ahead of some block, and a block comes every few milliseconds. */
export class Ticks {
  readonly stage: Stage;
  readonly #paceMs: number;
  #count = 0;

  constructor(stage: Stage, paceMs: number) {
    this.stage = stage;
    this.#paceMs = paceMs;
  }

  /** Blocks so far. */
  get count(): number {
    return this.#count;
  }

  /** One block, after everything that is to happen ahead of it. */
  async next(ahead: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const pace = systemClock.pause(this.#paceMs);
    await ahead();
    for (const work of [...this.stage.beforeBlock]) await work();
    await this.stage.chain.mine();
    this.#count++;
    await pace;
  }

  /**
   * Blocks until `work` has settled.
   * @returns undefined then; where the limits were reached before, the blocks until that
   * @throws what `work` threw
   */
  async until(work: Promise<void>, { most, mostIdle, progress }: Limits): Promise<number | undefined> {
    const open = new Set([work]);
    const close = () => open.delete(work);
    work.then(close, close);
    let [seen, since] = [progress(), 0];
    for (let blocks = 0; open.size > 0; blocks++) {
      if (blocks >= most || blocks - since >= mostIdle) return blocks;
      await this.next();
      if (progress() !== seen) [seen, since] = [progress(), blocks];
    }
    await work;
    return undefined;
  }
}

/** How long something may last, in blocks. */
interface Limits {
  readonly most: number;
  /** Most of them on end in which `progress` stays the same. */
  readonly mostIdle: number;
  readonly progress: () => number;
}
