import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { MintdError } from "../../error.ts";
import { genesisHash } from "../genesis.ts";
import { type Rpc, RpcRefused } from "../rpc/rpc.ts";

/** The node was started and does not answer, or does not any more. */
export class LocalChainFailed extends MintdError {
  readonly code = "LOCAL_CHAIN_FAILED";
  constructor(why: string, hint = "its own words are in chain.log beside its state; begin anew with: npm start -- --fresh") {
    super(`the local chain does not run: ${why}`, { hint });
  }
}

/** `genesisHash` is null until the node has answered for the first time. */
const record = z.strictObject({
  port: z.int(),
  pid: z.int(),
  genesisHash: z.string().nullable(),
  /** Seconds; a restored anvil makes its own block 0 with it, which is then the same one. */
  genesisTime: z.int().nullable(),
});
export type ChainRecord = z.infer<typeof record>;

export type Genesis = Pick<ChainRecord, "genesisHash" | "genesisTime">;

export type NodeKind = "anvil" | "hardhat";

export interface LaunchOptions {
  readonly directory: string;
  readonly port: number;
  readonly blockTimeSeconds: number;
  readonly keepsFinal?: boolean;
  readonly blockGasLimit?: number;
  readonly projectRoot: string;
}

/** Gas of a block as on Ethereum's mainnet, so that what is measured locally can be met there. */
const blockGasLimit = 60_000_000;
const startWithinMs = 20_000;

/** Where the chain's state is kept. */
export const stateFile = (directory: string): string => join(directory, "chain-state.json");

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

/** Which program is the node: `anvil`, or Hardhat's own where this platform has none (or MINTD_LOCAL_NODE=hardhat says so). */
export const nodeKind = (): NodeKind =>
  process.env["MINTD_LOCAL_NODE"] === "hardhat" || anvilBinary() === undefined ? "hardhat" : "anvil";

/** Starts the node; its process id is on disk before anything else happens, so that a start that is killed leaves no orphan. */
export async function launch(options: LaunchOptions, restored: boolean, genesis: Genesis): Promise<ChildProcess> {
  const log = await open(join(options.directory, "chain.log"), "a");
  const anvil = nodeKind() === "anvil" ? anvilBinary() : undefined;
  const port = options.port.toString();
  const [program, args] = anvil
    ? [
        anvil,
        [
          ["--port", port, "--host", "127.0.0.1", "--hardfork", "osaka", "--chain-id", "31337", "--quiet"],
          options.keepsFinal === true ? ["--no-mining"] : ["--block-time", options.blockTimeSeconds.toString()],
          ["--gas-limit", (options.blockGasLimit ?? blockGasLimit).toString()],
          // Past states of the last 64 blocks in memory and none on disk, where anvil leaves gigabytes behind when it is killed.
          ["--prune-history", "64"],
          ["--base-fee", "0"], // a long list fills block after block, and a base fee that climbs with each would soon meet any cap
          restored ? ["--load-state", stateFile(options.directory)] : [],
          // anvil keeps a block 0 of its own beside the restored one, and which of them it shows is chance: they must be the same
          restored && genesis.genesisTime !== null ? ["--timestamp", genesis.genesisTime.toString()] : [],
        ].flat(),
      ]
    : [process.execPath, [join(options.projectRoot, "node_modules/hardhat/dist/src/cli.js"), "node", "--port", port, "--network", "node"]];
  // Detached: a signal to the service's process group must not take the chain with it.
  const child = spawn(program, args, { stdio: ["ignore", log.fd, log.fd], detached: true, cwd: options.projectRoot });
  child.unref();
  child.once("error", () => undefined); // shows as a node that never answers
  child.once("exit", () => void log.close());
  writeFileSync(recordFile(options.directory), JSON.stringify({ port: options.port, pid: child.pid ?? 0, ...genesis }));
  return child;
}

/** Hash of block 0, as soon as the node answers. @throws LocalChainFailed */
export async function answering(rpc: Rpc, child: ChildProcess, clock: Clock): Promise<string> {
  const until = clock.now() + startWithinMs;
  while (clock.now() < until) {
    if (child.exitCode !== null || child.pid === undefined) throw new LocalChainFailed(`it ended with code ${child.exitCode ?? "none"}`);
    const genesis = await genesisOf(rpc);
    if (genesis !== undefined) return genesis;
    await clock.pause(50);
  }
  throw new LocalChainFailed(`it gave no answer within ${startWithinMs / 1_000} s`);
}

/** Hash of block 0, "none" of a program that is no node, undefined where nothing answers. */
export async function genesisOf(rpc: Rpc): Promise<string | undefined> {
  try {
    return await genesisHash(rpc);
  } catch (error) {
    if (error instanceof RpcRefused) return "none";
    return error instanceof MintdError && /ECONNREFUSED/.test(error.message) ? undefined : "none";
  }
}

/** The record of the chain in this folder; one that a power cut left half written says nothing. */
export async function readRecord(directory: string): Promise<ChainRecord | undefined> {
  const file = recordFile(directory);
  if (!existsSync(file)) return undefined;
  try {
    return record.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return undefined;
  }
}

export const writeRecord = (directory: string, chain: ChainRecord): Promise<void> =>
  writeWhole(recordFile(directory), JSON.stringify(chain));

export const recordFile = (directory: string): string => join(directory, "chain.json");

/** Another file first, then renamed over: a reader finds the old content or the new, never half of one. */
export async function writeWhole(file: string, content: string | Buffer): Promise<void> {
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

/** Whether a process of this id exists. */
export function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 0) return; // 0 would be the whole process group
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error; // gone already is what was wanted
  }
}

/** Ends a process and waits until it is gone, so that its port is free; one that does not listen is killed. */
export async function end(pid: number, signal: NodeJS.Signals, clock: Clock): Promise<void> {
  kill(pid, signal);
  const patience = clock.now() + 3_000;
  const until = patience + 3_000;
  while (isAlive(pid) && clock.now() < until) {
    if (clock.now() > patience) kill(pid, "SIGKILL");
    await clock.pause(20);
  }
}
