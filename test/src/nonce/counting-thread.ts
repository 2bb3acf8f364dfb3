/** A thread that takes values of a shared counter, one by one and in blocks, and says which. */
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { ShardedCounter } from "../../../src/nonce/index.ts";

function count(): void {
  const { memory, rounds, gate } = workerData as { memory: SharedArrayBuffer; rounds: number; gate: Int32Array<SharedArrayBuffer> };
  const counter = new ShardedCounter({ memory });
  parentPort?.postMessage("ready");
  Atomics.wait(gate, 0, 0);
  const taken: [shard: number, value: number][] = [];
  for (let round = 0; round < rounds; round++) {
    const shard = round % counter.shards;
    taken.push([shard, counter.next(shard)]);
    const size = 1 + (round % 7);
    const block = round % 2 === 0 ? counter.nextBlock(shard, size) : (counter.nextBlockBelow(2 ** 30, shard, size, 8) ?? NaN);
    for (let i = 0; i < size; i++) taken.push([shard, block + i]);
  }
  parentPort?.postMessage(taken);
}

if (!isMainThread) count(); // the test runner loads every file
