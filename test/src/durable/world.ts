import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HDNodeWallet, JsonRpcProvider, Wallet } from "ethers";
import { DurableSigner, type DurableSignerOptions } from "../../../src/durable/ethers.ts";
import { type EventStore, openSqliteStore } from "../../../src/store/index.ts";
import { Anvil, type AnvilOptions } from "../../anvil.ts";
import { type Faults, FaultProxy } from "../../chaos/proxy/index.ts";
import { Random } from "../../chaos/random.ts";

/** Another number gives other faults; the printed one gives the same again: DURABLE_SEED=… npx hardhat test mocha test/src/durable/*.test.ts */
export const seed = Number(process.env["DURABLE_SEED"] ?? Random.fresh().seed);

export const keyAt = (index: number): `0x${string}` =>
  HDNodeWallet.fromPhrase("test test test test test test test test test test test junk", "", `m/44'/60'/0'/0/${index}`)
    .privateKey as `0x${string}`;

/** A receiver of its own for each transfer, so that the chain itself says which of them it mined. */
export const receiver = (n: number): `0x${string}` => `0x${(0xabc0_0000_0000n + BigInt(n)).toString(16).padStart(40, "0")}`;

/** product.md's endpoint. */
export const usualFaults: Partial<Faults> = { reject: 0.05, loseResponse: 0.03, drop: 0.01, stale: 0.05 };

interface Block {
  readonly transactions: readonly { readonly hash: string; readonly from: string; readonly to: string | null; readonly nonce: string }[];
}

/** A chain of its own, an endpoint that misbehaves when told, and a store. */
export class World implements AsyncDisposable {
  readonly anvil: Anvil;
  readonly proxy: FaultProxy;
  readonly directory = mkdtempSync(join(tmpdir(), "mintd-durable-"));
  #store: EventStore | undefined;
  readonly #closing: (() => Promise<void> | void)[] = [];

  private constructor(anvil: Anvil, proxy: FaultProxy) {
    this.anvil = anvil;
    this.proxy = proxy;
  }

  static async open(options: AnvilOptions = {}): Promise<World> {
    const anvil = await Anvil.start(options);
    return new World(anvil, await FaultProxy.start({ target: anvil.url, random: new Random(seed) }));
  }

  get path(): string {
    return join(this.directory, "nonces.db");
  }

  async store(): Promise<EventStore> {
    this.#store ??= await openSqliteStore({ path: this.path });
    return this.#store;
  }

  /** The store as another process reads it. */
  async reader(): Promise<{ readonly store: EventStore } & AsyncDisposable> {
    const store = await openSqliteStore({ path: this.path, readOnly: true });
    return { store, [Symbol.asyncDispose]: () => store.close() };
  }

  /** The store is closed too, as at the end of a process. */
  async endProcess(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
    await this.#store?.close();
    this.#store = undefined;
  }

  provider(): JsonRpcProvider {
    const provider = new JsonRpcProvider(this.proxy.url, undefined, { staticNetwork: true, pollingInterval: 20, cacheTimeout: -1 });
    this.#closing.push(() => {
      provider.destroy();
    });
    return provider;
  }

  async signer(account = 0, options: Partial<DurableSignerOptions> = {}): Promise<DurableSigner> {
    return this.signerOver(await this.store(), account, options);
  }

  signerOver(store: EventStore, account = 0, options: Partial<DurableSignerOptions> = {}): DurableSigner {
    const signer = new DurableSigner(new Wallet(keyAt(account), this.provider()), { store, pollMs: 20, ...options });
    this.#closing.push(() => signer.close());
    return signer;
  }

  /** Is done before the store is closed. */
  onEnd(close: () => Promise<void> | void): void {
    this.#closing.push(close);
  }

  /** Transactions of this account in the canonical chain, by the node itself, oldest first. */
  async minedOf(address: string): Promise<Block["transactions"]> {
    const { rpc } = this.anvil;
    const head = Number(await rpc.request<string>("eth_blockNumber", []));
    const mined: Block["transactions"][number][] = [];
    for (let number = 0; number <= head; number++) {
      const block = await rpc.request<Block>("eth_getBlockByNumber", [`0x${number.toString(16)}`, true]);
      mined.push(...block.transactions.filter(({ from }) => from.toLowerCase() === address.toLowerCase()));
    }
    return mined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endProcess();
    await this.proxy.close();
    await this.anvil.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
