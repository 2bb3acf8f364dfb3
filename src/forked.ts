import { type ChildProcess, fork, type ForkOptions, type Serializable } from "node:child_process";

/** How answers to one question are heard. */
export interface Hearing<Answer, Value> {
  /** Hears every answer until it settles the question. */
  readonly hear: (answer: Answer, settle: { readonly resolve: (value: Value) => void; readonly reject: (error: Error) => void }) => void;
  /** What it means that there will be no answer. `why` says how the program ended. */
  readonly failed: (why: string) => Error;
}

/** A program of Node's in a process of its own, which is asked over the channel of `fork`: one question at a time. */
export class Forked {
  readonly #child: ChildProcess;
  readonly #over = Promise.withResolvers<undefined>();
  /** Hear that the program ended. */
  readonly #waiting = new Set<(why: string) => void>();
  #ended: string | undefined;

  /** @param file TypeScript as Node strips it, or JavaScript */
  constructor(file: string, options: ForkOptions = {}) {
    this.#child = fork(file, { serialization: "advanced", ...options });
    // One that cannot be started tells an error and never an exit.
    this.#child.on("error", (error) => {
      this.#end(`it does not start: ${error.message}`);
    });
    this.#child.once("exit", (code, signal) => {
      this.#end(`it ended with ${signal ?? `code ${code ?? 0}`}`);
    });
  }

  /** How it ended; undefined while it runs. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Says something that is not answered. A program that is gone is noticed by whoever asks. */
  tell(message: Serializable): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** @throws what `failed` makes of a program that ended, and what `hear` rejects with */
  async ask<Answer, Value>(message: Serializable, { hear, failed }: Hearing<Answer, Value>): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const onMessage = (answer: unknown): void => {
      hear(answer as Answer, { resolve, reject });
    };
    const onEnd = (why: string): void => {
      reject(failed(why));
    };
    this.#child.on("message", onMessage);
    this.#waiting.add(onEnd);
    try {
      if (this.#ended === undefined) this.tell(message);
      else onEnd(this.#ended);
      return await promise;
    } finally {
      this.#child.off("message", onMessage);
      this.#waiting.delete(onEnd);
    }
  }

  /** Ends it at once, whatever it does. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#over.promise;
  }

  #end(why: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    this.#over.resolve(undefined);
    for (const hear of this.#waiting) hear(why);
  }
}
