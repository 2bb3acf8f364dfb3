import { isMainThread, parentPort } from "node:worker_threads";

/** A signing thread that ends without a word over its third message. */
async function sign(): Promise<void> {
  await import("../../../src/issue/signing-thread.ts"); // listens first: what comes before a listener is lost
  let messages = 0;
  parentPort?.on("message", () => {
    if (++messages === 3) process.exit(7);
  });
}

if (!isMainThread) await sign(); // the test runner loads every file
