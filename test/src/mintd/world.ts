import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ContractFactory,
  HDNodeWallet,
  Interface,
  type InterfaceAbi,
  JsonRpcProvider,
  keccak256,
  type TransactionResponse,
  Wallet,
} from "ethers";
import { type Deployment, type Rpc, type RpcCall, type RpcOutcome, RpcRefused, RpcUnanswered } from "../../../src/chain/index.ts";
import { configSchema } from "../../../src/config/schema.ts";
import type { ListReport } from "../../../src/list/index.ts";
import { mintList } from "../../../src/list/mint-list.ts";
import { type Clock, systemClock } from "../../../src/clock.ts";
import { type Mintd, type MintdOptions, openMintd } from "../../../src/mintd.ts";
import type { OrderStateKind } from "../../../src/order/index.ts";
import { Secret } from "../../../src/secret.ts";
import { MINTED_TOPIC } from "../../../src/voucher/index.ts";
import { type StoredEvent, openSqliteStore } from "../../../src/store/index.ts";
import { eventually } from "../../eventually.ts";
import { Anvil, type AnvilOptions } from "../../anvil.ts";

/** The accounts that anvil funds: admin, voucher signer, lane, and a stranger. */
const account = (index: number): HDNodeWallet =>
  HDNodeWallet.fromPhrase("test test test test test test test test test test test junk", "", `m/44'/60'/0'/0/${index}`);
export const [admin, voucherSigner, laneAccount, stranger] = [account(0), account(1), account(2), account(3)];

export interface Row {
  readonly line: number;
  readonly id: string;
  readonly to: string;
  readonly quantity: number;
  readonly uri: string;
}

/** Rows of a list, each for a receiver of its own. */
export function listOf(count: number, first = 1): Row[] {
  return Array.from({ length: count }, (_, i) => {
    const n = first + i;
    return { line: n + 1, id: `row-${n}`, to: Wallet.createRandom().address, quantity: 1 + (n % 2), uri: "" };
  });
}

async function* each<T>(rows: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve();
  yield* rows;
}

/** What the admin calls. */
export const signers = new Interface(["function grantSigner(address)", "function revokeSigner(address)"]);

/** A chain with the minters on it and a place for a store. */
export class World {
  anvil: Anvil;
  readonly deployment: Deployment;
  readonly root: string;
  readonly storePath: string;
  readonly troubles: unknown[] = [];
  reorgs = 0;

  private constructor(anvil: Anvil, deployment: Deployment, root: string) {
    this.anvil = anvil;
    this.deployment = deployment;
    this.root = root;
    this.storePath = join(root, "store.db");
  }

  static async begin(options: AnvilOptions = {}): Promise<World> {
    const anvil = await Anvil.start(options);
    const root = await mkdtemp(join(tmpdir(), "mintd-world-"));
    return new World(anvil, await deployMinters(anvil), root);
  }

  open(options: Partial<MintdOptions> & { readonly settings?: object } = {}): Promise<Mintd> {
    const { settings, ...rest } = options;
    return openMintd({
      config: configSchema.parse({ rpc: { pollMs: 10, timeoutMs: 2_000 }, batch: { maxItems: 100, maxWaitMs: 20 }, ...settings }),
      rpc: this.anvil.rpc,
      deployment: this.deployment,
      storePath: this.storePath,
      laneKeys: [new Secret(laneAccount.privateKey)],
      voucherKey: new Secret(voucherSigner.privateKey),
      onTrouble: (error) => this.troubles.push(error),
      onReorg: () => this.reorgs++,
      ...rest,
    });
  }

  /** Opens, starts, mints the rows to the end while blocks are mined, and stops. */
  async mint(rows: readonly Row[], options: Parameters<World["open"]>[0] = {}): Promise<ListReport> {
    await using mintd = await this.open(options);
    await mintd.start();
    return await this.anvil.mineWhile(minting(mintd, rows));
  }

  /** All events of the store, read beside whoever writes it. */
  async events(): Promise<StoredEvent[]> {
    const store = await openSqliteStore({ path: this.storePath, readOnly: true });
    try {
      const events: StoredEvent[] = [];
      for await (const event of store.readAll(0)) events.push(event);
      return events;
    } finally {
      await store.close();
    }
  }

  /** How many events of each kind the orders have. */
  async counts(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { stream, kind } of await this.events()) if (stream.startsWith("order/")) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }

  /** The order ids that the chain shows as minted, one entry a mint. */
  async minted(): Promise<string[]> {
    const logs = await this.anvil.rpc.request<{ topics: string[] }[]>("eth_getLogs", [
      { address: this.minter, fromBlock: "0x0", toBlock: "latest", topics: [MINTED_TOPIC] },
    ]);
    return logs.map(({ topics }) => topics[1] ?? "");
  }

  get minter(): string {
    return this.deployment.contracts.VoucherMinter.address;
  }

  get provider(): JsonRpcProvider {
    return new JsonRpcProvider(this.anvil.url, this.deployment.chainId, { staticNetwork: true, cacheTimeout: -1, pollingInterval: 20 });
  }

  async end(): Promise<void> {
    await this.anvil.kill();
    await rm(this.root, { recursive: true, force: true });
  }
}

/** A clock that runs twenty times as fast, for what is only done again after seconds. */
export const fastClock: Clock = {
  now: () => startedAt + (Date.now() - startedAt) * 20,
  pause: (ms, signal) => systemClock.pause(ms / 20, signal),
};
const startedAt = Date.now();

export const minting = (mintd: Mintd, rows: readonly Row[]): Promise<ListReport> =>
  mintList(each(rows), mintd, { tenant: "default", clock: systemClock });

/** An endpoint that does `before` ahead of each request and `after` when it was done; what they throw is the answer. */
export function rpcWith(
  rpc: Rpc,
  before: (method: string, params: readonly unknown[]) => Promise<void> | void,
  after: (method: string) => void = () => undefined,
): Rpc {
  return {
    async request<T>(method: string, params: readonly unknown[]): Promise<T> {
      await before(method, params);
      const answer = await rpc.request<T>(method, params);
      after(method);
      return answer;
    },
    each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
      return Promise.all(calls.map(async ({ method, params }) => this.request<T>(method, params).then(succeeded, refused)));
    },
  };
}

/** An endpoint whose answers to one method are what `change` makes of the true ones. */
export function answering<A>(rpc: Rpc, changed: string, change: (answer: A, params: readonly unknown[]) => A): Rpc {
  return {
    async request<T>(method: string, params: readonly unknown[]): Promise<T> {
      const answer = await rpc.request<T>(method, params);
      return method === changed ? (change(answer as unknown as A, params) as unknown as T) : answer;
    },
    each: (calls) => rpc.each(calls),
  };
}

const succeeded = <T>(value: T): RpcOutcome<T> => ({ ok: true, value });

function refused(error: unknown): RpcOutcome<never> {
  if (error instanceof RpcRefused || error instanceof RpcUnanswered) return { ok: false, error };
  throw error;
}

interface Artifact {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
}

async function artifact(path: string): Promise<Artifact> {
  return JSON.parse(await readFile(new URL(`../../../artifacts/${path}`, import.meta.url), "utf8")) as Artifact;
}

/** One AccessManager and both minters by the admin, who grants the voucher signer. By ethers alone, to be quick. */
async function deployMinters(anvil: Anvil): Promise<Deployment> {
  const provider = new JsonRpcProvider(anvil.url, undefined, { cacheTimeout: -1, pollingInterval: 20 });
  const { chainId } = await provider.getNetwork();
  const signer = admin.connect(provider);
  let nonce = 0;
  const deploy = async (path: string, args: string[]) => {
    const { abi, bytecode } = await artifact(path);
    const factory = new ContractFactory(abi, bytecode, signer);
    const contract = await factory.deploy(...args, { nonce: nonce++, gasLimit: 8_000_000 });
    return { address: await contract.getAddress(), args };
  };
  const manager = await deploy("@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager.json", [admin.address]);
  const tokens = await deploy("contracts/mint/VoucherMinter.sol/VoucherMinter.json", [manager.address, "mintd", "MINT", ""]);
  const editions = await deploy("contracts/mint/EditionMinter.sol/EditionMinter.json", [manager.address, "editions", "ED", ""]);
  for (const { address } of [tokens, editions]) {
    const data = signers.encodeFunctionData("grantSigner", [voucherSigner.address]);
    await signer.sendTransaction({ to: address, data, nonce: nonce++, gasLimit: 200_000 });
  }
  await anvil.mine();
  const record = async (contract: { address: string; args: string[] }) => ({
    ...contract,
    codeHash: keccak256(await provider.getCode(contract.address)),
  });
  const deployment: Deployment = {
    network: "local",
    chainId: Number(chainId),
    genesisHash: (await provider.getBlock(0))?.hash ?? "",
    block: await provider.getBlockNumber(),
    admin: admin.address,
    contracts: { AccessManager: await record(manager), VoucherMinter: await record(tokens), EditionMinter: await record(editions) },
  };
  provider.destroy();
  return deployment;
}

/** The transactions that the lane has signed, oldest first. */
export async function attempts(world: World): Promise<{ nonce: number; hash: string; raw: string; orderIds: string[] }[]> {
  const events = (await world.events()).filter(({ stream, kind }) => stream.startsWith("lane/") && kind === "attempted");
  return events.map(({ data }) => data as unknown as { nonce: number; hash: string; raw: string; orderIds: string[] });
}

/** Sends a transaction that is mined before the lane's where both wait: its tip is higher. */
export async function send(world: World, from: HDNodeWallet, data: string): Promise<string> {
  return (await sent(world, from, data)).hash;
}

/** The same, with its place among the account's transactions. */
export async function sent(world: World, from: HDNodeWallet, data: string): Promise<TransactionResponse> {
  const provider = world.provider;
  const fees = { maxFeePerGas: 100_000_000_000n, maxPriorityFeePerGas: 50_000_000_000n };
  const transaction = await from.connect(provider).sendTransaction({ to: world.minter, data, gasLimit: 14_000_000, ...fees });
  provider.destroy();
  return transaction;
}

/** Waits until so many open orders are in this state. */
export async function until(mintd: Mintd, kind: OrderStateKind, count: number): Promise<void> {
  await eventually(
    `${count} orders are ${kind}`,
    () => [...mintd.book.open()].filter((order) => order.kind === kind).length >= count || undefined,
  );
}
