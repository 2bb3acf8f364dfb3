import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { id as keccakOfText } from "ethers";
import { systemClock } from "../../src/clock.ts";
import { toQuantity } from "../../src/chain/rpc/rpc.ts";
import { MINTED_TOPIC } from "../../src/voucher/index.ts";
import { type Arena, openArena } from "./arena.ts";
import { audit, type Figures } from "./audit.ts";
import type { Contender } from "./contenders.ts";
import type { Compiled } from "./plain-minter.ts";
import type { Job, Word } from "./protocol.ts";
import type { Scenario } from "./scenarios.ts";
import { Told } from "./told.ts";
import { BlockWatch } from "./watch.ts";

export interface RunOptions {
  readonly contender: Contender;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly mints: number;
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
const toFinal = 40;
const plainTopic = keccakOfText("Minted(bytes32,uint256)");

/** One contender in one scenario on a chain of its own. */
export async function run(options: RunOptions): Promise<Figures> {
  await using arena = await openArena({ ...options, faults: options.scenario.faults });
  const { anvil, proxy } = arena;
  const ours = options.contender.library === "mintd";
  const contract = ours ? arena.deployment.contracts.VoucherMinter.address : arena.plainMinter;
  const topic = ours ? MINTED_TOPIC : plainTopic;
  const watch = await BlockWatch.start(anvil.rpc, contract, topic);
  const told = new Told();
  const course = new Course(options, arena, watch, told);
  const began = Date.now();
  try {
    await course.drive();
  } finally {
    await course.end();
  }
  const seconds = (Date.now() - began) / 1_000;
  const { calls, faults } = proxy.stats;
  // What is still in the pool may be mined; then everything is as deep as it gets.
  for (let i = 0; i < 3; i++) await anvil.mine();
  await anvil.rpc.request("anvil_mine", [toQuantity(toFinal)]);
  await watch.settled();
  await watch.stop();
  return await audit({
    rpc: anvil.rpc,
    contract,
    topic,
    watch,
    told,
    mints: options.mints,
    firstBlock: watch.firstBlock,
    proxyCalls: calls,
    injected: faults,
    seconds,
  });
}

/** The course of a run: who is started, killed and waited for. */
class Course {
  readonly #options: RunOptions;
  readonly #arena: Arena;
  readonly #watch: BlockWatch;
  readonly #told: Told;
  #startedAt = 0;
  readonly #children = new Map<ChildProcess, "minting" | "waits for depth" | "ended">();

  constructor(options: RunOptions, arena: Arena, watch: BlockWatch, told: Told) {
    this.#options = options;
    this.#arena = arena;
    this.#watch = watch;
    this.#told = told;
  }

  async drive(): Promise<void> {
    const { scenario, mints } = this.#options;
    const all = Array.from({ length: mints }, (_, mint) => mint);
    const until = Date.now() + this.#options.deadlineMs;
    if (scenario.instances === 2) {
      this.#start(all.slice(0, mints / 2), "first");
      this.#start(all.slice(mints / 2), "second");
    } else {
      const child = this.#start(all, "store");
      if (scenario.kill) {
        await this.#reached(until, () => this.#sent >= this.#halfOfTransactions);
        await this.#kill(child);
        const heard = this.#told.acknowledged;
        const unheard = all.filter((mint) => !heard.has(mint));
        this.#start(
          unheard,
          "store",
          [...heard].filter((mint) => !this.#told.confirmed.has(mint)),
        );
      }
      if (scenario.reorg !== undefined) {
        await this.#reached(until, () => this.#watch.minted >= mints / 2);
        await this.#watch.reorg(scenario.reorg);
      }
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

  /** Resolves when `seen` says so, when all processes have ended, when nothing happens any more, or at the latest `until`. */
  async #reached(until: number, seen: () => boolean): Promise<void> {
    let progress = { minted: 0, at: Date.now() };
    while (Date.now() < until && !seen()) {
      const states = [...this.#children.values()];
      if (states.every((state) => state === "ended")) return;
      if (states.every((state) => state !== "minting")) await this.#deepen();
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
    for (const [child, state] of this.#children) if (state === "waits for depth") this.#children.set(child, "minting");
    await this.#arena.anvil.rpc.request("anvil_mine", [toQuantity(toFinal)]);
  }

  #start(mints: readonly number[], store: string, underway: readonly number[] = []): ChildProcess {
    const { contender, scenario, mints: all, blockMs } = this.#options;
    const { proxy, deployment, plainMinter, directory } = this.#arena;
    const child = fork(join(import.meta.dirname, "contender.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const home = join(directory, store); // beside the store there are other files of a process
    mkdirSync(home, { recursive: true });
    this.#children.set(child, "minting");
    this.#startedAt = Date.now();
    child.on("message", (word: Word) => {
      this.#told.take(word);
      if (word.kind === "waits for depth") this.#children.set(child, word.kind);
    });
    child.once("exit", () => this.#children.set(child, "ended"));
    const job: Job = {
      contender,
      url: proxy.url,
      chainId: deployment.chainId,
      plainMinter,
      deployment,
      storePath: join(home, "store.db"),
      mints,
      underway,
      inFlight: this.#options.inFlight ?? scenario.inFlight ?? all,
      pollMs: blockMs,
    };
    child.send(job);
    return child;
  }

  async #kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
}
