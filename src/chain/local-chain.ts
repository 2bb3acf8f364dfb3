import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import pLimit from "p-limit";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { MintdError } from "../error.ts";
import { GenesisMismatch } from "./errors.ts";
import { genesisHash } from "./preflight.ts";
import { HttpRpc, type Rpc, RpcRefused } from "./rpc.ts";

/** Something that is not the recorded chain listens where the local chain should. */
export class PortInUse extends MintdError {
  readonly code = "PORT_IN_USE";
  constructor(port: number) {
    super(`another program listens on port ${port}, where the local chain should`, {
      hint: "stop it, or choose another port: MINTD_LOCAL_PORT=18545 npm start",
    });
  }
}

/** The node was started and does not answer. */
export class LocalChainFailed extends MintdError {
  readonly code = "LOCAL_CHAIN_FAILED";
  constructor(why: string) {
    super(`the local chain did not start: ${why}`, {
      hint: "its own words are in chain.log beside its state; begin anew with: npm start -- --fresh",
    });
  }
}

const record = z.strictObject({ port: z.int(), pid: z.int(), genesisHash: z.string() });

export interface LocalChainOptions {
  /** Folder of everything that belongs to the chain: state, log, record. */
  readonly directory: string;
  readonly port: number;
  readonly blockTimeSeconds: number;
  /** Default 60,000,000, as on Ethereum's mainnet. */
  readonly blockGasLimit?: number;
  readonly clock: Clock;
  /** Root of the project, for Hardhat's node where there is no anvil for this platform. */
  readonly projectRoot: string;
}

export interface LocalChain {
  readonly url: string;
  readonly rpc: Rpc;
  /** `anvil`, or Hardhat's own node where this platform has no anvil; that one forgets everything when it stops. */
  readonly kind: "anvil" | "hardhat";
  /** Whether a node of a former run was found alive and is used on. */
  readonly reused: boolean;
  /** Whether blocks of a former run were there. */
  readonly restored: boolean;
  /** Writes the chain's state to disk, whole or not at all. */
  save(): Promise<void>;
  /** Saves every few seconds until `signal` aborts. */
  keepSaving(signal: AbortSignal): Promise<void>;
  /** Saves and ends the node. */
  stop(): Promise<void>;
  /** Ends the node as a power cut would. */
  kill(): void;
}

/** Gas of a block as on Ethereum's mainnet, so that what is measured locally can be met there. */
const blockGasLimit = 60_000_000;
const startWithinMs = 20_000;

/**
 * Starts a local chain whose blocks outlive it, or finds the one that a killed run left alive.
 *
 * Race: the machine or the node may be killed at any time. Mitigation: the state is saved to another file and renamed
 * over the old one, so there is always a whole one; what was mined since the last save is gone like blocks of a reorg,
 * and is driven again like those. What remains: nothing while fewer than 32 blocks are lost.
 * @throws PortInUse, GenesisMismatch, LocalChainFailed
 */
export async function startLocalChain(options: LocalChainOptions): Promise<LocalChain> {
  await mkdir(options.directory, { recursive: true });
  const recorded = await readRecord(options.directory);
  const rpc = new HttpRpc({ url: `http://127.0.0.1:${options.port}`, timeoutMs: 30_000 });
  const alive = await genesisOf(rpc);
  if (alive !== undefined) {
    if (!recorded || recorded.port !== options.port || recorded.genesisHash !== alive) throw new PortInUse(options.port);
    return new LocalNode(options, rpc, recorded.pid, true, true);
  }
  const restored = existsSync(stateFile(options.directory));
  const child = await launch(options, restored);
  const genesis = await answering(rpc, child, options.clock);
  if (restored && recorded && genesis !== recorded.genesisHash) {
    child.kill("SIGKILL");
    throw new GenesisMismatch(recorded.genesisHash, genesis, join(options.directory, "chain.json"));
  }
  await writeWhole(
    join(options.directory, "chain.json"),
    JSON.stringify({ port: options.port, pid: child.pid ?? 0, genesisHash: genesis }),
  );
  return new LocalNode(options, rpc, child.pid ?? 0, false, restored);
}

/** Ends a chain that is still running and moves everything it had aside. Returns where to, or undefined where there was nothing. */
export async function setLocalChainAside(directory: string, now: number): Promise<string | undefined> {
  const recorded = await readRecord(directory);
  if (recorded) {
    const rpc = new HttpRpc({ url: `http://127.0.0.1:${recorded.port}`, timeoutMs: 2_000 });
    if ((await genesisOf(rpc)) === recorded.genesisHash) kill(recorded.pid, "SIGKILL");
  }
  if (!existsSync(directory)) return undefined;
  const aside = `${directory}.${new Date(now).toISOString().replaceAll(/[:.]/g, "-")}`;
  await rename(directory, aside);
  return aside;
}

class LocalNode implements LocalChain {
  readonly #options: LocalChainOptions;
  readonly #pid: number;
  /** Two saves at once would rename each other's file away. */
  readonly #inTurn = pLimit(1);
  readonly rpc: Rpc;
  readonly reused: boolean;
  readonly restored: boolean;
  readonly kind = anvilBinary() === undefined ? "hardhat" : "anvil";

  constructor(options: LocalChainOptions, rpc: Rpc, pid: number, reused: boolean, restored: boolean) {
    this.#options = options;
    this.#pid = pid;
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
    const dump = await this.rpc.request<string>("anvil_dumpState", []);
    await writeWhole(stateFile(this.#options.directory), await promisify(gunzip)(Buffer.from(dump.slice(2), "hex")));
  }

  async keepSaving(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const before = clock.now();
      await this.save();
      await clock.pause(Math.max(2_000, 10 * (clock.now() - before)), signal); // a tenth of the time at most goes into saving
    }
  }

  async stop(): Promise<void> {
    await this.save();
    kill(this.#pid, "SIGTERM");
  }

  kill(): void {
    kill(this.#pid, "SIGKILL");
  }
}

const stateFile = (directory: string): string => join(directory, "chain-state.json");

/** anvil's program for this platform, from its npm package; undefined where there is none. */
function anvilBinary(): string | undefined {
  const name = `@foundry-rs/anvil-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  try {
    return join(
      dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)),
      "bin",
      process.platform === "win32" ? "anvil.exe" : "anvil",
    );
  } catch {
    return undefined; // not published or not installed for this platform
  }
}

async function launch(options: LocalChainOptions, restored: boolean): Promise<ChildProcess> {
  const log = await open(join(options.directory, "chain.log"), "a");
  const anvil = anvilBinary();
  const port = options.port.toString();
  const [program, args] = anvil
    ? [
        anvil,
        [
          ["--port", port, "--host", "127.0.0.1", "--hardfork", "osaka", "--chain-id", "31337", "--quiet"],
          ["--block-time", options.blockTimeSeconds.toString(), "--gas-limit", (options.blockGasLimit ?? blockGasLimit).toString()],
          ["--base-fee", "0"], // a long list fills block after block, and a base fee that climbs with each would soon meet any cap
          restored ? ["--load-state", stateFile(options.directory)] : [],
        ].flat(),
      ]
    : [process.execPath, [join(options.projectRoot, "node_modules/hardhat/dist/src/cli.js"), "node", "--port", port, "--network", "node"]];
  // Detached: a signal to the service's process group must not take the chain with it.
  const child = spawn(program, args, { stdio: ["ignore", log.fd, log.fd], detached: true, cwd: options.projectRoot });
  child.unref();
  child.once("exit", () => void log.close());
  return child;
}

async function answering(rpc: Rpc, child: ChildProcess, clock: Clock): Promise<string> {
  const until = clock.now() + startWithinMs;
  while (clock.now() < until) {
    if (child.exitCode !== null) throw new LocalChainFailed(`it ended with code ${child.exitCode}`);
    const genesis = await genesisOf(rpc);
    if (genesis !== undefined) return genesis;
    await clock.pause(50);
  }
  throw new LocalChainFailed(`it gave no answer within ${startWithinMs / 1_000} s`);
}

/** Hash of block 0, "none" of a program that is no node, undefined where nothing answers. */
async function genesisOf(rpc: Rpc): Promise<string | undefined> {
  try {
    return await genesisHash(rpc);
  } catch (error) {
    if (error instanceof RpcRefused) return "none";
    return error instanceof MintdError && /ECONNREFUSED/.test(error.message) ? undefined : "none";
  }
}

async function readRecord(directory: string): Promise<z.infer<typeof record> | undefined> {
  const file = join(directory, "chain.json");
  if (!existsSync(file)) return undefined;
  return record.parse(JSON.parse(await readFile(file, "utf8")));
}

/** Another file first, then renamed over: a reader finds the old content or the new, never half of one. */
async function writeWhole(file: string, content: string | Buffer): Promise<void> {
  const next = `${file}.next`;
  const handle = await open(next, "w");
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, file).catch(async (error: unknown) => {
    await rm(next, { force: true });
    throw error;
  });
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error; // gone already is what was wanted
  }
}
