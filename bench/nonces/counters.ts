import { Worker } from "node:worker_threads";
import { ShardedCounter } from "../../src/nonce/index.ts";
import { AtomicCounter } from "./one-atomic.ts";
import { MutexCounter } from "./one-mutex.ts";

/** What a thread is to do. */
export interface Task {
  readonly way: Way;
  readonly memory: SharedArrayBuffer;
  readonly index: number;
  readonly increments: number;
  /** 0: opened when all threads are ready. 1: how many have counted to the end. */
  readonly gate: Int32Array<SharedArrayBuffer>;
}

export const ways = ["mutex", "atomic", "random", "own", "blocks"] as const;
export type Way = (typeof ways)[number];

export const titles: Readonly<Record<Way, string>> = {
  mutex: "one counter under a mutex",
  atomic: "one shared atomic",
  random: "sharded, random shards",
  own: "sharded, one shard per worker",
  blocks: "sharded, blocks of 1,024 per worker",
};

const WARM_UP = 20_000;

/** Nanoseconds of wall time for one increment, over all threads together. Checks that every increment was counted. */
export async function timeCounting(way: Way, threads: number, increments: number): Promise<number> {
  const counter = way === "mutex" ? new MutexCounter() : way === "atomic" ? new AtomicCounter() : new ShardedCounter();
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const each = Math.floor(increments / threads);
  const workers = Array.from({ length: threads }, (_, index) => {
    const workerData: Task = { way, memory: counter.memory, index, increments: each, gate };
    return new Worker(new URL("./counting-thread.ts", import.meta.url), { workerData, execArgv: [] });
  });
  const on = (event: string) =>
    Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.once(event, resolve);
            worker.once("error", reject);
          }),
      ),
    );
  await on("message");
  const ended = on("exit");
  const started = performance.now();
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  await allCounted(gate, threads); // a thread's own end takes longer than the quickest of these ways
  const ms = performance.now() - started;
  await ended;
  const counted = counter instanceof ShardedCounter ? counter.snapshot().reduce((sum, value) => sum + value, 0) : counter.value;
  const expected = threads * (each + WARM_UP);
  if (counted !== expected) throw new Error(`${way}: counted ${counted}, not ${expected}`);
  return (ms * 1e6) / (threads * each);
}

async function allCounted(gate: Int32Array<SharedArrayBuffer>, threads: number): Promise<void> {
  for (let counted = Atomics.load(gate, 1); counted < threads; counted = Atomics.load(gate, 1)) {
    await Atomics.waitAsync(gate, 1, counted).value;
  }
}
