/** Durable nonces for viem: a nonce manager, an account that records what it signs, and a client that never turns doubt into failure. */
import {
  type Account,
  type Chain,
  type Client,
  concat,
  encodeDeployData,
  type EncodeDeployDataParameters,
  type Hash,
  type Hex,
  keccak256,
  type LocalAccount,
  type NonceManager,
  type Transport,
  type WalletActions,
} from "viem";
import { getChainId, sendRawTransaction, sendTransaction, writeContract } from "viem/actions";
import { systemClock } from "../clock.ts";
import { MintdError } from "../error.ts";
import type { EventStore } from "../store/event-store.ts";
import { DurableClosed, NonceGiven } from "./errors.ts";
import type { LaneNonces } from "./lane-nonces.ts";
import { type DurableOptions, settingsOf } from "./options.ts";
import { type Share, shareLane } from "./shared.ts";
import { contentOf } from "./transactions.ts";
import { durableAccount, type DurableAccount, type Lanes, wayOf } from "./viem-account.ts";
import { viemKit } from "./viem-kit.ts";
import { readPatiently } from "./viem-reads.ts";
import { ViemRpc } from "./viem-rpc.ts";

export * from "./index.ts";
export type { DurableAccount } from "./viem-account.ts";

export interface DurableNonceManagerOptions extends DurableOptions {
  /** Of openSqliteStore. One store serves any number of accounts and chains, and one process at a time. */
  readonly store: EventStore;
}

/** What `client.extend(nonces.actions)` puts in the place of viem's own. */
export type DurableActions<chain extends Chain | undefined, account extends Account | undefined> = Pick<
  WalletActions<chain, account>,
  "sendTransaction" | "sendRawTransaction" | "writeContract" | "deployContract"
>;

/**
 * The plain form is a NonceManager as viem knows it: `privateKeyToAccount(key, { nonceManager: nonces })`. It never sees the
 * signed bytes, so it can keep nonces dense and durable, and no more. The recommended form also wraps the account and extends
 * the client; see docs/durable-signer.md for what each promises.
 */
export interface DurableNonceManager extends NonceManager {
  /** The account, with what it signs recorded before anybody can send it. Signing a transaction with it is sending it. */
  account<account extends LocalAccount>(account: account): DurableAccount<account>;
  /**
   * For `client.extend`: sends what these accounts signed until it is mined, and returns the recorded hash for a key that was
   * used before. Transactions of other accounts go through unchanged. Throws our errors as they are, and not wrapped in viem's.
   * @throws KeyReused, KeyBeingCancelled, NonceGiven, SignatureTimedOut, RecordInDoubt, TransactionNotTaken, DurableClosed
   */
  readonly actions: <chain extends Chain | undefined, account extends Account | undefined>(
    client: Client<Transport, chain, account>,
  ) => DurableActions<chain, account>;
  /** The nonces of an account on the client's chain: pending(), replace(), cancel(), included(), settled(), resume(). */
  lane(client: Client, account?: LocalAccount): Promise<LaneNonces>;
  /** Sends again what a former process left and follows it; the first send does so too. */
  resume(client: Client, account?: LocalAccount): Promise<void>;
  /** Stops sending and following; the next process goes on. The store stays open: it is the caller's. */
  close(): Promise<void>;
}

/**
 * @example
 * const nonces = durableNonceManager({ store: await openSqliteStore({ path: "nonces.db" }) });
 * const account = nonces.account(privateKeyToAccount(privateKey));
 * const wallet = createWalletClient({ account, chain, transport: http() }).extend(nonces.actions);
 * const hash = await wallet.sendTransaction({ account: account.once("order-17"), to, value });
 */
export function durableNonceManager(options: DurableNonceManagerOptions): DurableNonceManager {
  const lanes = new ViemLanes(options);
  const plain = (address: string, chainId: number, client: Client): Promise<LaneNonces> => lanes.get(address, chainId, client, undefined);
  const laneOf = async (client: Client, account = client.account): Promise<LaneNonces> => {
    if (!account) throw new TypeError("name the account: the client has none");
    const chainId = client.chain?.id ?? (await getChainId(client));
    return lanes.get(account.address, chainId, client, wayOf(account)?.signs);
  };
  return {
    async consume({ address, chainId, client }) {
      return (await plain(address, chainId, client)).reserve();
    },
    async get({ address, chainId, client }) {
      const lane = await plain(address, chainId, client);
      await lane.resume();
      return lane.nextNonce;
    },
    increment() {
      // `consume` alone gives nonces out
    },
    reset({ address, chainId, nonce }) {
      if (nonce !== undefined) lanes.peekAlone(address, chainId)?.giveBack(nonce);
    },
    account: (account) => durableAccount(account, lanes),
    actions: (client) => durableActions(client, lanes, laneOf),
    lane: (client, account) => laneOf(client, account),
    async resume(client, account) {
      await (await laneOf(client, account)).resume();
    },
    close: () => lanes.close(),
  };
}

function durableActions<chain extends Chain | undefined, account extends Account | undefined>(
  client: Client<Transport, chain, account>,
  lanes: ViemLanes,
  laneOf: (client: Client, account?: Account) => Promise<LaneNonces>,
): DurableActions<chain, account> {
  const sendRaw = async ({ serializedTransaction }: { readonly serializedTransaction: Hex }): Promise<Hash> => {
    const hash = keccak256(serializedTransaction);
    for (const lane of lanes.all()) if (await lane.announce(hash)) return hash;
    return sendRawTransaction(client, { serializedTransaction });
  };
  const sending = { ...client, sendRawTransaction: sendRaw };
  const send = async (request: Sent): Promise<Hash> => {
    const account = request.account ?? client.account;
    const way = typeof account === "object" ? wayOf(account) : undefined;
    if (!way || typeof account !== "object") return sendTransaction(client, request as never);
    if (request.nonce !== undefined) throw new NonceGiven(request.nonce);
    if (way.key !== undefined) {
      const chain = request.chain ?? client.chain;
      const lane = await laneOf({ ...client, chain }, account);
      const known = await lane.recorded(way.key, contentOf({ to: request.to, data: dataOf(request, client), value: request.value }));
      if (known) {
        void lane.resume().catch(() => undefined); // so that it is followed; who waits for it hears of a node that is away
        return known.hash as Hash;
      }
    }
    let signed = false;
    const watched = {
      ...account,
      signTransaction(...parameters: Parameters<LocalAccount["signTransaction"]>) {
        signed = true; // from here on it may be recorded, and is not begun anew
        return (account as LocalAccount).signTransaction(...parameters);
      },
    };
    try {
      const begin = (): Promise<Hash> => sendTransaction(sending, { ...request, account: watched } as never);
      return await readPatiently(systemClock, begin, () => signed);
    } catch (error) {
      throw ownOf(error) ?? error;
    }
  };
  // viem's own actions call each other on the client as it was before it was extended, so they are given this one's.
  const writing = { ...sending, sendTransaction: send };
  // viem makes every error of it one of the contract's.
  const write = (request: unknown): Promise<Hash> =>
    writeContract(writing as never, request as never).catch((error: unknown) => {
      throw ownOf(error) ?? error;
    });
  const deploy = ({ abi, args, bytecode, ...request }: Deployed): Promise<Hash> =>
    send({ ...request, data: encodeDeployData({ abi, args, bytecode } as EncodeDeployDataParameters) });
  return { sendTransaction: send as never, sendRawTransaction: sendRaw, writeContract: write, deployContract: deploy as never };
}

/** viem's request, of whatever chain, as far as it is read here. */
interface Sent {
  readonly account?: Account | Hex | null;
  readonly chain?: Chain | null;
  readonly to?: Hex | null;
  readonly data?: Hex;
  readonly dataSuffix?: Hex;
  readonly value?: bigint;
  readonly nonce?: number;
}

interface Deployed extends Sent {
  readonly abi: unknown;
  readonly args?: unknown;
  readonly bytecode: Hex;
}

/** As viem puts it together. */
function dataOf({ data, dataSuffix }: Sent, client: Client): Hex | undefined {
  const suffix = dataSuffix ?? (typeof client.dataSuffix === "string" ? client.dataSuffix : client.dataSuffix?.value);
  return suffix === undefined ? data : concat([data ?? "0x", suffix]);
}

/** The error of ours that viem has wrapped. */
function ownOf(error: unknown): MintdError | undefined {
  for (let each: unknown = error; each instanceof Error; each = each.cause) if (each instanceof MintdError) return each;
  return undefined;
}

/** The lanes of a nonce manager, opened when they are first needed. */
class ViemLanes implements Lanes {
  readonly #options: DurableNonceManagerOptions;
  readonly #shares = new Map<string, Share>();
  readonly #open = new Map<string, LaneNonces>();
  #isClosed = false;

  constructor(options: DurableNonceManagerOptions) {
    this.#options = options;
  }

  /** @throws DurableClosed */
  async get(address: string, chainId: number, client: Client, signs: LocalAccount | undefined): Promise<LaneNonces> {
    this.#checkOpen(address);
    const form = signs ? recording : alone;
    const name = nameOf(form, address, chainId);
    let share = this.#shares.get(name);
    if (!share) {
      const settings = settingsOf(this.#options);
      const kit = signs && viemKit(signs, chainId);
      const rpc = new ViemRpc(client, settings.timeoutMs);
      share = shareLane(form, { ...settings, rpc, chainId, address, kit });
      this.#shares.set(name, share);
    }
    const lane = await share.lane.catch((error: unknown) => {
      this.#shares.delete(name);
      throw error;
    });
    this.#checkOpen(address);
    this.#open.set(name, lane);
    return lane;
  }

  peek(address: string, chainId: number): LaneNonces | undefined {
    this.#checkOpen(address);
    return this.#open.get(nameOf(recording, address, chainId));
  }

  /** Of the nonce manager alone. */
  peekAlone(address: string, chainId: number): LaneNonces | undefined {
    return this.#open.get(nameOf(alone, address, chainId));
  }

  all(): Iterable<LaneNonces> {
    return this.#open.values();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const shares = [...this.#shares.values()];
    this.#shares.clear();
    this.#open.clear();
    await Promise.all(shares.map((share) => share.release()));
  }

  #checkOpen(address: string): void {
    if (this.#isClosed) throw new DurableClosed(address);
  }
}

const recording = "viem account";
const alone = "viem nonce manager";
const nameOf = (form: string, address: string, chainId: number): string => `${form}/${address.toLowerCase()}/${chainId}`;
