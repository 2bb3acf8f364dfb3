import { extname } from "node:path";
import { Worker } from "node:worker_threads";

/**
 * A thread holds a few pages or one group of appends at a time. Without a limit its garbage is collected late, and two
 * threads keep 200 MB that nobody uses.
 */
const resourceLimits = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 16 };

/**
 * The file of this name beside a module, with the module's own ending: `.ts` in this repository, `.js` in the package that is
 * built from it. Threads are opened by URL, which no compiler rewrites.
 * @param module `import.meta.url` of the module
 */
export function beside(name: string, module: string): URL {
  return new URL(name + extname(new URL(module).pathname), module);
}

/**
 * A worker thread that keeps the process alive only while somebody waits for an answer from it, and whose end, however it
 * comes, is reported once.
 */
export class Thread<In, Out> {
  readonly #worker: Worker;
  #awaited = 0;
  #ended = false;
  readonly ended: Promise<void>;

  /**
   * @param onEnd called once when the thread is gone: with the reason where it died, with undefined where it closed its port itself.
   */
  constructor(file: URL, data: unknown, onMessage: (message: Out) => void, onEnd: (reason: Error | undefined) => void) {
    // No inherited flags: the thread runs plain TypeScript as Node strips it, without the loader that a test runner may use.
    this.#worker = new Worker(file, { resourceLimits, workerData: data, execArgv: [] });
    this.#worker.unref();
    let reason: Error | undefined;
    this.#worker.on("message", onMessage);
    this.#worker.on("messageerror", (error) => {
      reason ??= error instanceof Error ? error : new Error(String(error));
      void this.#worker.terminate();
    });
    this.#worker.on("error", (error) => (reason ??= error instanceof Error ? error : new Error(String(error))));
    this.ended = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#ended = true;
        if (code !== 0) reason ??= new Error(`the thread ended with code ${code}`);
        onEnd(reason);
        resolve();
      });
    });
  }

  /** Sends; after the thread's end it does nothing, as `onEnd` has spoken. */
  post(message: In): void {
    if (!this.#ended) this.#worker.postMessage(message);
  }

  /** One more caller waits: the process stays alive for it. */
  await(): void {
    if (this.#awaited++ === 0) this.#worker.ref();
  }

  /** One caller fewer waits. */
  settle(): void {
    if (--this.#awaited === 0) this.#worker.unref();
  }

  /** Ends the thread at once, for where its cooperation is not to be had. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
