import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { toQuantity } from "../../src/chain/rpc/rpc.ts";
import { systemClock } from "../../src/clock.ts";
import type { Arena } from "./arena.ts";
import type { Contender } from "./contenders.ts";
import type { Compiled } from "./plain-minter.ts";
import { go, type Job, type Word } from "./protocol.ts";
import type { Scenario } from "./scenarios.ts";
import type { Told } from "./told.ts";
import type { BlockWatch } from "./watch.ts";

export interface RunOptions {
  readonly contender: Contender;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly mints: number;
  /** Of each process that starts before the clock does, in front of the mints that count. */
  readonly warmUp: number;
  readonly blockMs: number;
  /** In place of what is best for the scenario. */
  readonly inFlight: number | undefined;
  /** A run ends at the latest after this long, */
  readonly deadlineMs: number;
  /** and when for this long nothing was mined and nothing was told. */
  readonly stallMs: number;
  readonly plain: Compiled;
}

/** Blocks until a mint is final to mintd, and some. */
export const toFinal = 40;
/** For a process to start and to warm up; only in a bench that is broken it takes longer. */
const warmWithinMs = 60_000;

/** Processes that begin with the clock. */
export const instancesOf = ({ instances }: Scenario): number => instances ?? 1;

/** The course of a run: who is started, killed and waited for. */
export class Course {
  readonly #options: RunOptions;
  readonly #arena: Arena;
  readonly #watch: BlockWatch;
  readonly #told: Told;
  #startedAt = 0;
  #minting = false;
  #mintedBefore = 0;
  /** What went wrong while nothing should. */
  #trouble: string | undefined;
  readonly #children = new Map<ChildProcess, "warming up" | "warm" | "minting" | "waits for depth" | "ended">();

  constructor(options: RunOptions, arena: Arena, watch: BlockWatch, told: Told) {
    this.#options = options;
    this.#arena = arena;
    this.#watch = watch;
    this.#told = told;
  }

  /**
   * Starts the processes that begin with the clock and has them mint the warm-up, one after the other: two on one key would
   * be in each other's way before it counts. Their mints are as deep as it gets when it resolves, so that no reorg has them.
   * @returns the first block that counts
   * @throws Error when a warm-up does not end, or one of its mints ends in an error
   */
  async warmUp(): Promise<number> {
    const { scenario, mints, warmUp } = this.#options;
    const instances = instancesOf(scenario);
    const share = mints / instances;
    for (let i = 0; i < instances; i++) {
      const name = instances === 1 ? "store" : `store ${i}`;
      const child = this.#start({ warmUp: numbered(mints + i * warmUp, warmUp), mints: numbered(i * share, share) }, name);
      await this.#warmed(child);
    }
    const { rpc } = this.#arena.anvil;
    await rpc.request("anvil_mine", [toQuantity(toFinal)]);
    await this.#watch.settled();
    this.#mintedBefore = this.#watch.minted;
    return Number(await rpc.request<string>("eth_blockNumber", [])) + 1;
  }

  /** Starts the clock and what goes wrong, and lets the mints begin. */
  async drive(): Promise<void> {
    const { scenario, mints } = this.#options;
    const until = Date.now() + this.#options.deadlineMs;
    this.#arena.proxy.beginAnew(scenario.faults);
    this.#startedAt = Date.now();
    this.#minting = true;
    for (const child of this.#children.keys()) this.#go(child);
    const [child] = this.#children.keys();
    if (scenario.kill && child) {
      await this.#reached(until, () => this.#sent >= this.#halfOfTransactions);
      await this.#kill(child);
      const { acknowledged, confirmed } = this.#told;
      const unheard = numbered(0, mints).filter((mint) => !acknowledged.has(mint));
      // It starts while the clock runs, and so it is cold: a start is what a kill costs.
      this.#start({ warmUp: [], mints: unheard, underway: [...acknowledged].filter((mint) => !confirmed.has(mint)) }, "store");
    }
    if (scenario.reorg !== undefined) {
      await this.#reached(until, () => this.#watch.minted - this.#mintedBefore >= mints / 2);
      await this.#watch.reorg(scenario.reorg);
    }
    await this.#reached(until, () => false);
  }

  async end(): Promise<void> {
    for (const child of this.#children.keys()) await this.#kill(child);
  }

  get #sent(): number {
    return this.#arena.proxy.stats.calls["eth_sendRawTransaction"] ?? 0;
  }

  get #halfOfTransactions(): number {
    const { contender, mints } = this.#options;
    const perLane = Math.ceil(mints / contender.lanes);
    return Math.floor((contender.lanes * Math.ceil(perLane / contender.maxItems)) / 2);
  }

  async #warmed(child: ChildProcess): Promise<void> {
    const until = Date.now() + warmWithinMs;
    for (;;) {
      const state = this.#children.get(child);
      if (this.#trouble !== undefined) throw new Error(`the warm-up ended in an error: ${this.#trouble}`);
      if (state === "warm") return;
      if (state === "ended") throw new Error("the process ended in its warm-up");
      if (Date.now() > until) throw new Error(`the warm-up took longer than ${warmWithinMs / 1_000} s`);
      if (state === "waits for depth") await this.#deepen();
      await systemClock.pause(5);
    }
  }

  /** Resolves when `seen` says so, when all processes have ended, when nothing happens any more, or at the latest `until`. */
  async #reached(until: number, seen: () => boolean): Promise<void> {
    let progress = { minted: 0, at: Date.now() };
    while (Date.now() < until && !seen()) {
      const states = [...this.#children.values()];
      if (states.every((state) => state === "ended")) return;
      if (states.every((state) => state === "waits for depth" || state === "ended")) await this.#deepen();
      const { minted } = this.#watch;
      if (minted !== progress.minted) progress = { minted, at: Date.now() };
      // A process that has not begun is slow to start, not stuck.
      const { lastWordAt } = this.#told;
      if (lastWordAt > this.#startedAt && Date.now() - Math.max(progress.at, lastWordAt) > this.#options.stallMs) return;
      await systemClock.pause(5);
    }
  }

  /** All mints are on the chain, which grows faster than it would by itself: the wait for depth is not what is measured. */
  async #deepen(): Promise<void> {
    const state = this.#minting ? "minting" : "warming up";
    for (const [child, was] of this.#children) if (was === "waits for depth") this.#children.set(child, state);
    await this.#arena.anvil.rpc.request("anvil_mine", [toQuantity(toFinal)]);
  }

  #start(work: Pick<Job, "warmUp" | "mints"> & Partial<Pick<Job, "underway">>, store: string): ChildProcess {
    const { contender, scenario, mints: all, blockMs } = this.#options;
    const { proxy, deployment, plainMinter, directory } = this.#arena;
    const child = fork(join(import.meta.dirname, "contender.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const home = join(directory, store); // beside the store there are other files of a process
    mkdirSync(home, { recursive: true });
    this.#children.set(child, "warming up");
    this.#startedAt = Date.now();
    child.on("message", (word: Word) => {
      this.#hear(child, word);
    });
    child.once("exit", () => this.#children.set(child, "ended"));
    const job: Job = {
      contender,
      url: proxy.url,
      chainId: deployment.chainId,
      plainMinter,
      deployment,
      storePath: join(home, "store.db"),
      underway: [],
      ...work,
      inFlight: this.#options.inFlight ?? scenario.inFlight ?? all,
      pollMs: blockMs,
    };
    child.send(job);
    return child;
  }

  #hear(child: ChildProcess, word: Word): void {
    if (this.#minting) this.#told.take(word);
    else if (word.kind === "failed" || word.kind === "trouble") this.#trouble = word.error;
    if (word.kind === "waits for depth") this.#children.set(child, word.kind);
    if (word.kind !== "warm") return;
    if (this.#minting) this.#go(child);
    else this.#children.set(child, "warm");
  }

  #go(child: ChildProcess): void {
    this.#children.set(child, "minting");
    child.send(go);
  }

  async #kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
}

const numbered = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
