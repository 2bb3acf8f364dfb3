import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Host } from "./host.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** One for each task that tests commonly run at the same time. */
const mostHosts = 3;

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
    this.ended = once(child, "close").then(() => runOf({ code: child.exitCode, ...said }));
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

  /** What it said on standard error until now. */
  get stderr(): string {
    return this.#said.stderr;
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Runs Hardhat's tasks as a user does. */
export class Hardhat {
  readonly #env: NodeJS.ProcessEnv;
  readonly #children = new Set<ChildProcess>();
  readonly #hosts: Host[] = [];

  /** @param env in place of every variable of this process that mintd or Hardhat would read */
  constructor(env: NodeJS.ProcessEnv) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(MINTD_|HARDHAT_|NODE_OPTIONS|TSX_)/.test(name));
    this.#env = { ...Object.fromEntries(inherited), ...env };
  }

  /** In a process that runs one task after the other; where all of these are busy, in one of its own. */
  async run(...args: readonly string[]): Promise<Run> {
    const host = this.#hosts.find(({ isFree }) => isFree) ?? this.#anotherHost();
    return host ? runOf(await host.run(args)) : this.follow(...args).ended;
  }

  /** Starts a task in a process of its own, which goes on until it is told to end. */
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
    for (const host of this.#hosts.splice(0)) host.end();
  }

  #anotherHost(): Host | undefined {
    if (this.#hosts.length === mostHosts) return undefined;
    const host = new Host(root, this.#env);
    this.#hosts.push(host);
    return host;
  }
}

const runOf = (ended: Omit<Run, "json">): Run => ({
  ...ended,
  get json() {
    return JSON.parse(ended.stdout) as Record<string, unknown>;
  },
});
