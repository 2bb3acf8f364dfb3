import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { HttpRpc, type Rpc } from "../src/chain/index.ts";
import { toQuantity } from "../src/chain/rpc/rpc.ts";
import { eventually } from "./eventually.ts";

const binary = join(dirname(createRequire(import.meta.url).resolve("@foundry-rs/anvil-linux-amd64/package.json")), "bin", "anvil");

export interface AnvilOptions {
  /** Seconds between blocks; without it each transaction is mined at once. */
  readonly blockTime?: number;
  /** Transactions wait until `mine` is called. */
  readonly noMining?: boolean;
  readonly chainId?: number;
  readonly port?: number;
  /** State that `save` wrote. */
  readonly state?: string;
  /** Further arguments. */
  readonly args?: readonly string[];
}

/** A real anvil of its own on a free port. */
export class Anvil {
  readonly port: number;
  readonly rpc: Rpc;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.rpc = new HttpRpc({ url: `http://127.0.0.1:${port}`, timeoutMs: 10_000 });
    this.#child = child;
  }

  static async start(options: AnvilOptions = {}): Promise<Anvil> {
    const port = options.port ?? (await freePort());
    const args = [
      [
        "--port",
        String(port),
        "--host",
        "127.0.0.1",
        "--hardfork",
        "osaka",
        "--chain-id",
        String(options.chainId ?? 31_337),
        "--quiet",
        "--prune-history",
        "64",
      ],
      options.blockTime === undefined ? [] : ["--block-time", String(options.blockTime)],
      options.noMining ? ["--no-mining"] : [],
      options.state === undefined ? [] : ["--load-state", options.state],
      options.args ?? [],
    ].flat();
    const child = spawn(binary, args, { stdio: "ignore" });
    const anvil = new Anvil(port, child);
    await eventually("anvil answers", async () => {
      if (child.exitCode !== null) throw new Error(`anvil ended with code ${child.exitCode}`);
      return anvil.rpc.request<string>("eth_chainId", []).catch(() => undefined);
    });
    return anvil;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async mine(blocks = 1): Promise<void> {
    if (blocks === 1) await this.rpc.request("evm_mine", []);
    else await this.rpc.request("anvil_mine", [toQuantity(blocks)]);
  }

  /** Mines a block every few milliseconds until `work` has settled. */
  async mineWhile<T>(work: Promise<T>, blocks = 2): Promise<T> {
    let settled = false;
    const watched = work.finally(() => (settled = true));
    watched.catch(() => undefined); // awaited below
    await eventually("the work under way", async () => {
      if (!settled) await this.mine(blocks);
      return settled || undefined;
    });
    return watched;
  }

  /** Replaces the newest blocks by other ones; the transactions in them are forgotten. */
  async reorg(depth: number): Promise<void> {
    await this.rpc.request("anvil_reorg", [depth, []]);
  }

  /** Writes the chain to `file`, from which another anvil may be started. */
  async save(file: string): Promise<void> {
    const dump = await this.rpc.request<string>("anvil_dumpState", []);
    await writeFile(file, await promisify(gunzip)(Buffer.from(dump.slice(2), "hex")));
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}
