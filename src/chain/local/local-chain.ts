import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import pLimit from "p-limit";
import type { Clock } from "../../clock.ts";
import { MintdError } from "../../error.ts";
import { GenesisMismatch } from "../errors.ts";
import {
  answering,
  type ChainRecord,
  end,
  genesisOf,
  isAlive,
  kill,
  launch,
  LocalChainFailed,
  nodeKind,
  type NodeKind,
  readRecord,
  stateFile,
  writeRecord,
  writeWhole,
} from "./local-node.ts";
import { aheadOfDisk, Miner } from "./miner.ts";
import { HttpRpc } from "../rpc/http-rpc.ts";
import { headOf, isRpcError, type Rpc } from "../rpc/rpc.ts";

/** Something that is not the recorded chain listens where the local chain should. */
export class PortInUse extends MintdError {
  readonly code = "PORT_IN_USE";
  constructor(port: number) {
    super(`another program listens on port ${port}, where the local chain should`, {
      hint: "stop it, or choose another port: MINTD_LOCAL_PORT=18545 npm start",
    });
  }
}

export interface LocalChainOptions {
  /** Folder of everything that belongs to the chain: state, log, record. */
  readonly directory: string;
  readonly port: number;
  readonly blockTimeSeconds: number;
  /**
   * Whether what is final outlives a kill of the node: it mines only while `keepSaving` runs, and no block is more than 16
   * beyond the last one on disk. By default it mines by itself. Hardhat's node, which saves nothing, always does.
   */
  readonly keepsFinal?: boolean;
  /** Default 60,000,000, as on Ethereum's mainnet. */
  readonly blockGasLimit?: number;
  readonly clock: Clock;
  /** Genesis of the chain that is wanted, where somebody besides the chain's own record knows it. */
  readonly genesisHash?: string | undefined;
  /** Root of the project, for Hardhat's node where there is no anvil for this platform. */
  readonly projectRoot: string;
}

export interface LocalChain {
  readonly url: string;
  readonly rpc: Rpc;
  /** `anvil`, or Hardhat's own node where this platform has no anvil; that one forgets everything when it stops. */
  readonly kind: NodeKind;
  /** Whether a node of a former run was found alive and is used on. */
  readonly reused: boolean;
  /** Whether blocks of a former run were there. */
  readonly restored: boolean;
  /** Writes the chain's state to disk, whole or not at all. */
  save(): Promise<void>;
  /**
   * Saves every few seconds, and mines where it keeps what is final, until `signal` aborts.
   * @param onWait called when nothing could be mined for some seconds
   * @throws LocalChainFailed when the node is gone before
   */
  keepSaving(signal: AbortSignal, onWait?: () => void): Promise<void>;
  /** Saves, unless told not to, and ends the node; resolves when it is gone. */
  stop(options?: { readonly save: boolean }): Promise<void>;
  /** Whether the node's process is there. */
  isAlive(): boolean;
  /** Ends the node as a power cut would. */
  kill(): void;
}

/**
 * Starts a local chain whose blocks outlive it, or finds the one that a killed run left alive.
 *
 * Race: the machine or the node may be killed at any time. Mitigation: the state is saved to another file and renamed
 * over the old one, so there is always a whole one; what was mined since the last save is gone like blocks of a reorg,
 * and is driven again like those. What remains: nothing while fewer than 32 blocks are lost, which `keepsFinal` sees to.
 *
 * Race: this process may be killed while the node starts. Mitigation: the node's process id is recorded when it is
 * started, not when it answers. What remains: the instant between the two, after which the port is in use.
 * @throws PortInUse, GenesisMismatch, LocalChainFailed; what was recorded is as it was then
 */
export async function startLocalChain(options: LocalChainOptions): Promise<LocalChain> {
  const { directory, port, clock } = options;
  await mkdir(directory, { recursive: true });
  const recorded = await readRecord(directory);
  const rpc = new HttpRpc({ url: `http://127.0.0.1:${port}`, timeoutMs: 30_000 });
  const alive = await stillAlive(rpc, recorded, options);
  if (alive !== undefined) {
    const ours = recorded?.port === port && (recorded.genesisHash ?? (isAlive(recorded.pid) ? alive : undefined)) === alive;
    if (!ours || alive === "none") throw new PortInUse(port);
    await writeRecord(directory, { ...recorded, genesisHash: alive });
    return new LocalNode(options, rpc, recorded.pid, true, true);
  }
  const expected = options.genesisHash ?? recorded?.genesisHash ?? null;
  const restored = existsSync(stateFile(directory));
  const child = await launch(options, restored, { genesisHash: expected, genesisTime: recorded?.genesisTime ?? null });
  const pid = child.pid ?? 0;
  try {
    const genesis = await answering(rpc, child, clock);
    if (expected !== null && genesis !== expected) throw new GenesisMismatch(expected, genesis, directory);
    await writeRecord(directory, { port, pid, genesisHash: genesis, genesisTime: await genesisTime(rpc) });
    if (restored && nodeKind() === "anvil") await rpc.request("evm_setTime", [Math.floor(clock.now() / 1_000)]); // its clock stood still meanwhile
  } catch (error) {
    await end(pid, "SIGKILL", clock);
    throw error;
  }
  return new LocalNode(options, rpc, pid, false, restored);
}

async function genesisTime(rpc: Rpc): Promise<number> {
  const { timestamp } = await rpc.request<{ timestamp: string }>("eth_getBlockByNumber", ["0x0", false]);
  return Number(timestamp);
}

/** What answers on the port. A node that a killed run had only just started is given the time to answer. */
async function stillAlive(
  rpc: Rpc,
  recorded: ChainRecord | undefined,
  { port, clock }: Pick<LocalChainOptions, "port" | "clock">,
): Promise<string | undefined> {
  const until = clock.now() + 5_000;
  for (;;) {
    const alive = await genesisOf(rpc);
    if (alive !== undefined || recorded?.port !== port || !isAlive(recorded.pid) || clock.now() > until) return alive;
    await clock.pause(50);
  }
}

/** Ends the chain of this folder if it is still running. */
export async function endLocalChain(directory: string, clock: Clock): Promise<void> {
  const recorded = await readRecord(directory);
  if (!recorded || !isAlive(recorded.pid)) return;
  const rpc = new HttpRpc({ url: `http://127.0.0.1:${recorded.port}`, timeoutMs: 2_000 });
  const genesis = await stillAlive(rpc, recorded, { port: recorded.port, clock });
  const ours = genesis !== undefined && genesis === (recorded.genesisHash ?? genesis);
  if (ours) await end(recorded.pid, "SIGKILL", clock); // the id alone may be another program's by now
}

/** Ends a chain that is still running and moves everything it had aside. */
export async function setLocalChainAside(directory: string, clock: Clock): Promise<void> {
  await endLocalChain(directory, clock);
  if (existsSync(directory)) await rename(directory, `${directory}.${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, "-")}`);
}

class LocalNode implements LocalChain {
  readonly #options: LocalChainOptions;
  readonly #pid: number;
  readonly #miner: Miner;
  /** Two saves at once would rename each other's file away. */
  readonly #inTurn = pLimit(1);
  readonly rpc: Rpc;
  readonly reused: boolean;
  readonly restored: boolean;
  readonly kind = nodeKind();

  constructor(options: LocalChainOptions, rpc: Rpc, pid: number, reused: boolean, restored: boolean) {
    this.#options = options;
    this.#pid = pid;
    this.#miner = new Miner(rpc, options.clock, options.blockTimeSeconds);
    this.rpc = rpc;
    this.reused = reused;
    this.restored = restored;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  save(): Promise<void> {
    return this.#inTurn(() => this.#save());
  }

  async #save(): Promise<void> {
    if (this.kind !== "anvil") return;
    const head = await headOf(this.rpc);
    const dump = await this.rpc.request<string>("anvil_dumpState", []);
    await writeWhole(stateFile(this.#options.directory), await promisify(gunzip)(Buffer.from(dump.slice(2), "hex")));
    this.#miner.savedTo(head);
  }

  async keepSaving(signal: AbortSignal, onWait: () => void = () => undefined): Promise<void> {
    const failed = new AbortController();
    const over = AbortSignal.any([signal, failed.signal]);
    const mines = this.#options.keepsFinal === true && this.kind === "anvil";
    const works = [this.#saveUntil(over), ...(mines ? [this.#miner.mineUntil(over, onWait)] : [])];
    const guarded = works.map((work) =>
      work.catch((error: unknown) => {
        failed.abort(error);
      }),
    );
    await Promise.all(guarded);
    failed.signal.throwIfAborted();
  }

  async #saveUntil(signal: AbortSignal): Promise<void> {
    const { clock, blockTimeSeconds } = this.#options;
    while (!signal.aborted) {
      const before = clock.now();
      try {
        await this.save();
      } catch (error) {
        if (!isRpcError(error)) throw error; // busy, perhaps: the next save is soon
      }
      // Every two blocks or two seconds, and a tenth of the time at most goes into saving; but not so seldom that the chain waits for it.
      const [shortest, longest] = [2_000 * Math.min(1, blockTimeSeconds), 1_000 * blockTimeSeconds * (aheadOfDisk / 2)];
      await this.#watch(Math.max(shortest, Math.min(longest, 10 * (clock.now() - before))), signal);
    }
  }

  isAlive(): boolean {
    return isAlive(this.#pid);
  }

  async stop({ save } = { save: true }): Promise<void> {
    try {
      if (save && this.isAlive()) await this.save();
    } finally {
      await end(this.#pid, "SIGTERM", this.#options.clock);
    }
  }

  kill(): void {
    kill(this.#pid, "SIGKILL");
  }

  async #watch(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const until = clock.now() + ms;
    while (!signal.aborted && clock.now() < until) {
      if (!this.isAlive()) throw new LocalChainFailed("its process ended", "run the same command again: it goes on where it stopped");
      await clock.pause(250, signal);
    }
  }
}
