/** A thread that counts when it is told to. */
import { parentPort, workerData } from "node:worker_threads";
import { ShardedCounter } from "../../src/nonce/index.ts";
import { MutexCounter } from "./one-mutex.ts";
import { AtomicCounter } from "./one-atomic.ts";
import type { Task } from "./counters.ts";

const { way, memory, index, increments, gate } = workerData as Task;

/** Numbers that a thread takes at once where it takes blocks. */
const BLOCK = 1_024;

const ways: Readonly<Record<Task["way"], (times: number) => void>> = {
  mutex(times) {
    const counter = new MutexCounter(memory);
    for (let i = 0; i < times; i++) counter.next();
  },
  atomic(times) {
    const counter = new AtomicCounter(memory);
    for (let i = 0; i < times; i++) counter.next();
  },
  random(times) {
    const counter = new ShardedCounter({ memory });
    const mask = counter.shards - 1;
    // Numerical Recipes' generator; its upper bits, which are the random ones.
    for (let i = 0, x = index + 1; i < times; i++) {
      x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
      counter.next((x >>> 16) & mask);
    }
  },
  own(times) {
    const counter = new ShardedCounter({ memory });
    for (let i = 0; i < times; i++) counter.next(index);
  },
  blocks(times) {
    const counter = new ShardedCounter({ memory });
    let sum = 0; // so that the numbers are used for something
    for (let done = 0; done < times; done += BLOCK) {
      const count = Math.min(BLOCK, times - done);
      const first = counter.nextBlock(index, count);
      for (let number = first; number < first + count; number++) sum ^= number;
    }
    if (sum < 0) throw new Error("numbers are not negative");
  },
};

const count = ways[way];
if (increments > 0) {
  // Compiled before the clock runs, on memory of its own kind; what it counts is taken off again by whoever checks.
  count(20_000);
  parentPort?.postMessage("ready");
  Atomics.wait(gate, 0, 0);
  count(increments);
  Atomics.add(gate, 1, 1);
  Atomics.notify(gate, 1);
}
