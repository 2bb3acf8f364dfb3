import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";

/** One run of Hardhat's command line. */
export interface Asked {
  readonly args: readonly string[];
  /** What both streams say when it is over. */
  readonly mark: string;
}

export interface Ended {
  readonly code: number;
  /** Kinds of what it left open, which would keep its own process from ending. */
  readonly left: readonly string[];
}

/**
 * A process that runs one task after the other. Most of what a task's process costs is loading Hardhat and mintd, and a
 * hundred of them would take longer than all else in these tests.
 */
export class Host {
  readonly #child: ChildProcess;
  /** How it ended. */
  readonly #ended = Promise.withResolvers<string>();
  #isBusy = false;

  constructor(cwd: string, env: NodeJS.ProcessEnv) {
    this.#child = fork(join(import.meta.dirname, "host-program.ts"), { cwd, env, silent: true, execArgv: [] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.setEncoding("utf8");
    this.#child.once("exit", (code, signal) => {
      this.#ended.resolve(String(signal ?? code));
    });
    this.#letGo();
  }

  get isFree(): boolean {
    return !this.#isBusy && this.#child.connected;
  }

  /** @throws Error the process ended meanwhile, or the task would not have ended */
  async run(args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    this.#isBusy = true;
    this.#child.ref();
    this.#child.channel?.ref();
    const { stdout, stderr } = this.#child;
    const mark = `\0${randomUUID()}\0`;
    try {
      const over = once(this.#child, "message") as Promise<[Ended]>;
      const said = Promise.all([until(stdout, mark), until(stderr, mark)]);
      this.#child.send({ args, mark } satisfies Asked);
      const heard = await Promise.race([Promise.all([over, said]), this.#ended.promise]);
      if (typeof heard === "string") throw new Error(`the host of tasks ended with ${heard} in ${args.join(" ")}`);
      const [[{ code, left }], [out, err]] = heard;
      if (left.length > 0) throw new Error(`${args.join(" ")} would not end: it left ${left.join(", ")} open; it said ${out}${err}`);
      return { code, stdout: out, stderr: err };
    } finally {
      this.#isBusy = false;
      this.#letGo();
    }
  }

  /** @throws Error it was gone already: something failed after the task that left it behind */
  end(): void {
    const { exitCode, signalCode } = this.#child;
    this.#child.kill("SIGKILL");
    if (exitCode !== null || signalCode !== null) throw new Error(`a host of tasks had ended with ${String(signalCode ?? exitCode)}`);
  }

  /** It keeps no test run from ending. */
  #letGo(): void {
    this.#child.unref();
    this.#child.channel?.unref();
    for (const stream of [this.#child.stdout, this.#child.stderr]) (stream as Socket | null)?.unref();
  }
}

/** What a stream says before the mark. */
async function until(stream: Readable | null, mark: string): Promise<string> {
  if (!stream) throw new Error("the host of tasks has no streams");
  const { promise, resolve } = Promise.withResolvers<string>();
  let said = "";
  const take = (chunk: string): void => {
    said += chunk;
    const end = said.indexOf(mark);
    if (end >= 0) resolve(said.slice(0, end));
  };
  stream.on("data", take);
  try {
    return await promise;
  } finally {
    stream.off("data", take);
  }
}
