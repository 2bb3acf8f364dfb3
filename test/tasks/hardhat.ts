import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The one JSON document on stdout. */
  readonly json: Record<string, unknown>;
}

/** A task that runs. */
export class Following {
  readonly ended: Promise<Run>;
  readonly #child: ChildProcess;
  readonly #said = { stdout: "", stderr: "" };

  constructor(child: ChildProcessByStdio<null, Readable, Readable>) {
    this.#child = child;
    const said = this.#said;
    child.stdout.on("data", (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (said.stderr += chunk.toString()));
    this.ended = once(child, "close").then(() => ({
      code: child.exitCode,
      ...said,
      get json() {
        return JSON.parse(said.stdout) as Record<string, unknown>;
      },
    }));
  }

  /** What it said until now on lines of JSON. @throws Error it ended */
  events(): Record<string, unknown>[] {
    const { stdout, stderr } = this.#said;
    if (this.#child.exitCode !== null) throw new Error(`it ended with code ${this.#child.exitCode}: ${stderr}`);
    return stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }
}

/** Runs Hardhat's tasks as a user does: each in a process of its own. */
export class Hardhat {
  readonly #env: NodeJS.ProcessEnv;
  readonly #children = new Set<ChildProcess>();

  /** @param env in place of every variable of this process that mintd or Hardhat would read */
  constructor(env: NodeJS.ProcessEnv) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(MINTD_|HARDHAT_|NODE_OPTIONS|TSX_)/.test(name));
    this.#env = { ...Object.fromEntries(inherited), ...env };
  }

  async run(...args: readonly string[]): Promise<Run> {
    return this.follow(...args).ended;
  }

  /** Starts a task that goes on until it is told to end. */
  follow(...args: readonly string[]): Following {
    const child = spawn(process.execPath, ["node_modules/hardhat/dist/src/cli.js", ...args], {
      cwd: root,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#children.add(child);
    const following = new Following(child);
    void following.ended.then(() => this.#children.delete(child));
    return following;
  }

  end(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }
}
