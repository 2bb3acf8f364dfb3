import { type ChildProcess, execFile, spawn } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { headOf, HttpRpc, isAlive, readRecord, startLocalChain } from "../../src/chain/index.ts";
import { systemClock } from "../../src/clock.ts";
import { openSqliteStore } from "../../src/store/index.ts";

const root = join(import.meta.dirname, "../..");
const cli = join(root, "node_modules/hardhat/dist/src/cli.js");

/** What a finished run left: how it ended and all it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** The part of `start --json`'s answer, and of `mint:verify --json`'s, that the tests hold against the list. */
export interface Proof {
  readonly rows: number;
  readonly minted: number;
  readonly duplicates: number;
  readonly final: number;
  readonly others: number;
  readonly ok: boolean;
}

/** A task in a process of its own. */
export class Run {
  readonly #child: ChildProcess;
  #out = "";
  #err = "";
  readonly #waiting = new Set<() => void>();
  readonly ended: Promise<Ended>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [cli, ...args], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout?.on("data", (chunk: Buffer) => (this.#out += chunk.toString()));
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#err += chunk.toString();
      for (const look of this.#waiting) look();
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => {
        resolve({ code, signal, out: this.#out, err: this.#err });
        for (const look of this.#waiting) look();
      });
    });
  }

  get isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when stderr has a line like this, false when the run ended without. @throws after `withinMs` */
  said(line: RegExp, withinMs = 120_000): Promise<boolean> {
    return this.#within(withinMs, `say ${line.source}`, (resolve) => {
      const look = () => {
        if (line.test(this.#err)) resolve(true);
        else if (this.isOver) resolve(false);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** How it ended. @throws after `withinMs` */
  end(withinMs = 240_000): Promise<Ended> {
    return this.#within(withinMs, "end", (resolve) => void this.ended.then(resolve));
  }

  async #within<T>(ms: number, what: string, work: (resolve: (value: T) => void) => void): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const timer = setTimeout(() => {
      reject(new Error(`the run did not ${what} within ${ms} ms; it said:\n${this.#err}\n${this.#out}`));
    }, ms);
    work(resolve);
    return promise.finally(() => {
      clearTimeout(timer);
    });
  }
}

/** A mintd with a home, a port and a chain of its own. */
export class Service {
  readonly home: string;
  readonly port: number;
  readonly csv: string;
  readonly rows: number;
  readonly #env: NodeJS.ProcessEnv;
  readonly #blockTime: number;
  readonly #runs = new Set<Run>();
  /** Every node that was ever recorded, to be sure that none outlives the tests. */
  readonly #nodes = new Set<number>();

  private constructor(home: string, port: number, rows: number, blockTime: number, env: NodeJS.ProcessEnv) {
    this.home = home;
    this.port = port;
    this.rows = rows;
    this.csv = join(home, "list.csv");
    this.#blockTime = blockTime;
    this.#env = {
      ...process.env,
      MINTD_HOME: home,
      MINTD_LOCAL_PORT: port.toString(),
      MINTD_LOCAL_BLOCK_TIME: blockTime.toString(),
      MINTD_RPC_POLL_MS: "50",
      MINTD_BATCH_MAX_ITEMS: "4", // many transactions, few at a time: more moments to be killed at
      MINTD_LANE_WINDOW: "3",
      ...env,
    };
  }

  static async create({ rows, blockTime, env = {} }: { rows: number; blockTime: number; env?: NodeJS.ProcessEnv }): Promise<Service> {
    const home = await mkdtemp(join(tmpdir(), "mintd-e2e-"));
    const service = new Service(home, await freePort(), rows, blockTime, env);
    const lines = (await readFile(join(root, "examples/mint-list.csv"), "utf8")).split("\n");
    await writeFile(service.csv, `${lines.slice(0, rows + 1).join("\n")}\n`);
    return service;
  }

  start(...flags: string[]): Run {
    return this.#run(["start", this.csv, "--json", ...flags]);
  }

  get chainFolder(): string {
    return join(this.home, ".mintd/local/chain");
  }

  get state(): string {
    return join(this.chainFolder, "chain-state.json");
  }

  /** Process of the local chain as recorded; 0 where there is no record. */
  async chainPid(): Promise<number> {
    const pid = (await readRecord(this.chainFolder))?.pid ?? 0;
    this.#nodes.add(pid);
    return pid;
  }

  async killChain(): Promise<void> {
    const pid = await this.chainPid();
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
    await gone(pid);
  }

  /** While nothing runs: who saves the chain's state next waits for the disk in vain. */
  async holdDisk(): Promise<void> {
    await promisify(execFile)("mkfifo", [`${this.state}.next`]);
  }

  async releaseDisk(): Promise<void> {
    await rm(`${this.state}.next`);
  }

  /** Number of the newest block of the chain that runs. */
  head(): Promise<number> {
    return headOf(new HttpRpc({ url: `http://127.0.0.1:${this.port}`, timeoutMs: 10_000 }));
  }

  async keepState(as: string): Promise<void> {
    await copyFile(this.state, join(this.home, as));
  }

  async bringBackState(from: string): Promise<void> {
    await copyFile(join(this.home, from), this.state);
  }

  /** What must not change when a chain is refused: the deployments, the chain's record but for its process, the number of events. */
  async belongings(): Promise<unknown> {
    const store = await openSqliteStore({ path: join(this.home, ".mintd/local/store.db"), now: () => Date.now() });
    const events = await store.head();
    await store.close();
    const deployment: unknown = JSON.parse(await readFile(join(this.home, "deployments/local/mintd.json"), "utf8"));
    return { events, deployment, genesisHash: (await readRecord(this.chainFolder))?.genesisHash };
  }

  /** What `mint:verify` says of the chain that the last run left. */
  async verify(): Promise<Proof> {
    const { chainFolder: directory, port } = this;
    const chain = await startLocalChain({ directory, port, blockTimeSeconds: this.#blockTime, clock: systemClock, projectRoot: root });
    await this.chainPid();
    try {
      const { out } = await this.#run(["mint:verify", this.csv, "--network", "local", "--json"]).end();
      return JSON.parse(out) as Proof;
    } finally {
      await chain.stop();
    }
  }

  async end(): Promise<void> {
    for (const run of this.#runs) run.kill("SIGKILL");
    await Promise.all([...this.#runs].map((run) => run.ended));
    await this.killChain();
    for (const pid of this.#nodes) expect(isAlive(pid), `node ${pid} is left`).to.equal(false);
    await rm(this.home, { recursive: true, force: true });
  }

  #run(args: readonly string[]): Run {
    const run = new Run(args, this.#env);
    this.#runs.add(run);
    return run;
  }
}

/** The proof that a run printed last, and that it is of a list minted exactly once. */
export function expectProven({ code, out, err }: Ended, rows: number): void {
  expect(code, `${err}\n${out}`).to.equal(0);
  expectExactlyOnce((JSON.parse(out) as { proof: Proof }).proof, rows);
}

export function expectExactlyOnce(proof: Proof, rows: number): void {
  expect(proof).to.include({ rows, minted: rows, duplicates: 0, final: rows, others: 0, ok: true });
}

/** The run was refused with this code, said what to do, and showed no stack. */
export function expectRefused({ code, out, err }: Ended, expected: string): void {
  expect(code, `${err}\n${out}`).to.equal(1);
  const { error } = JSON.parse(out) as { error: { code: string; message: string; hint: string } };
  expect(error.code, error.message).to.equal(expected);
  expect(error.hint).to.match(/npm start|run the same command again/);
  expect(out + err).not.to.match(/^\s+at /m);
}

/** Resolves when no process has this id. */
export async function gone(pid: number, withinMs = 30_000): Promise<void> {
  const until = Date.now() + withinMs;
  while (isAlive(pid)) {
    if (Date.now() > until) throw new Error(`process ${pid} is still there after ${withinMs} ms`);
    await systemClock.pause(10);
  }
}

export async function listening(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await listening(server, 0);
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}
