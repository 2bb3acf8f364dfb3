import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The one JSON document on stdout. */
  readonly json: Record<string, unknown>;
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
    const child = spawn(process.execPath, ["node_modules/hardhat/dist/src/cli.js", ...args], {
      cwd: root,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#children.add(child);
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (said.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (said.stderr += chunk.toString()));
    await once(child, "close");
    this.#children.delete(child);
    return {
      code: child.exitCode,
      ...said,
      get json() {
        return JSON.parse(said.stdout) as Record<string, unknown>;
      },
    };
  }

  end(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }
}
