import { closeSync, openSync, readSync, writeSync } from "node:fs";

/** What the disk does to the store's folder: nothing, ENOSPC on every write, EIO on every sync. */
export type DiskMode = "sound" | "full" | "sync fails";

const modes: Readonly<Record<DiskMode, number>> = { sound: 0, full: 1, "sync fails": 2 };

/** What passed through the faulty disk so far. */
export interface DiskCounts {
  readonly writes: number;
  readonly syncs: number;
  readonly faults: number;
  readonly clockReads: number;
}

/** Places in `struct control` of faulty-disk.c. */
const at = { clockOffset: 0, mode: 8, soundCallsLeft: 12, counts: 16 } as const;
const size = 48;

/** The page that is shared with the process whose disk and clock are faulty; holds over its restarts. */
export class Control implements Disposable {
  readonly file: string;
  readonly #descriptor: number;

  constructor(file: string) {
    this.file = file;
    this.#descriptor = openSync(file, "w+");
    writeSync(this.#descriptor, Buffer.alloc(size), 0, size, 0);
  }

  /** @param soundCalls calls of the faulty kind that still succeed */
  set(mode: DiskMode, soundCalls = 0): void {
    const both = Buffer.alloc(8);
    both.writeInt32LE(modes[mode], 0);
    both.writeInt32LE(soundCalls, 4);
    writeSync(this.#descriptor, both, 0, 8, at.mode);
  }

  /** Sets the system clock so many milliseconds ahead of the true time; negative: behind. */
  stepClock(offsetMs: number): void {
    const offset = Buffer.alloc(8);
    offset.writeBigInt64LE(BigInt(offsetMs) * 1_000_000n);
    writeSync(this.#descriptor, offset, 0, 8, at.clockOffset);
  }

  get counts(): DiskCounts {
    const page = Buffer.alloc(size);
    readSync(this.#descriptor, page, 0, size, 0);
    const count = (i: number): number => Number(page.readBigUInt64LE(at.counts + 8 * i));
    return { writes: count(0), syncs: count(1), faults: count(2), clockReads: count(3) };
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
