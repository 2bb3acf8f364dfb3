import { getCreateAddress, type TransactionLike, Wallet } from "ethers";
import type { FinalityRule } from "../chain/confirm/finality.ts";
import { FeeOracle } from "../chain/fees/fee-oracle.ts";
import type { FeeLimits } from "../chain/fees/fees.ts";
import { networkOf } from "../chain/networks.ts";
import { classifyBroadcastError } from "../chain/rpc/broadcast-outcome.ts";
import { revertData } from "../chain/rpc/revert-data.ts";
import { type Rpc, toQuantity } from "../chain/rpc/rpc.ts";
import type { Clock } from "../clock.ts";
import { quietClock } from "../durable/awake.ts";
import { ethersKit } from "../durable/ethers-kit.ts";
import { type DurableNotice, type Included, LaneNonces, TransactionCancelled } from "../durable/index.ts";
import { contentOf } from "../durable/transactions.ts";
import type { Secret } from "../secret.ts";
import type { EventStore } from "../store/event-store.ts";
import type { AccountNews } from "./account-news.ts";
import { AccountUnfunded, TransactionReplaced } from "./errors.ts";
import { refusalOf } from "./refusals.ts";
import { Replacements } from "./replacements.ts";
import { Unheard, type WantedCall } from "./unheard.ts";

/** A call of a contract. */
export interface Call {
  readonly to: string;
  readonly data: string;
  /** In wei. */
  readonly value?: bigint;
}

/** A call, or without `to` the deployment of a contract by its code. */
type Action = Omit<Call, "to"> & Partial<Pick<Call, "to">>;

/** A call whose transaction is recorded: it is mined, or its nonce is another transaction's for good. */
export interface SentCall {
  /** Of its first attempt. */
  readonly hash: string;
  readonly nonce: number;
  readonly what: string;
  readonly action: Action;
  /** Of its word in the record of what nobody has heard the end of. */
  readonly key: string;
  /** Whether an earlier process sent it. */
  readonly earlier: boolean;
}

/** How a call is sent. */
export interface Sending {
  /**
   * Whoever asks has settled, and has seen on the chain that the call is to be made: what an earlier process left of the same
   * call is not its answer.
   */
  readonly anew?: boolean;
}

/** What a transaction came to. It may still be reorganised away: then it is sent again, the same bytes. */
export interface Mined {
  readonly hash: string;
  readonly block: number;
  readonly gasUsed: bigint;
  /** An earlier process sent it and told nobody of its end. */
  readonly earlier?: true;
}

export interface AccountOptions {
  readonly chainId: number;
  /** Opens what the account is recorded in, when something is to be sent first. The account closes it. */
  readonly openStore: () => Promise<EventStore>;
  /** No attempt offers more. */
  readonly limits: FeeLimits;
  /** Default `depth`. */
  readonly finality?: FinalityRule;
  /** Milliseconds between two looks at the chain while something is not final. Default: the network's. */
  readonly pollMs?: number;
  readonly clock?: Clock;
  readonly onNews?: (news: AccountNews) => void;
}

/** Two fresh slots: an estimate counts on what waits before it, and some of that may fail. */
const spareGas = 40_000n;

interface Opened {
  readonly store: EventStore;
  readonly lane: LaneNonces;
  readonly unheard: Unheard;
  readonly replacing: Promise<void>;
  /** Calls that an earlier process left, and whose end this one has told. */
  readonly told: Set<string>;
}

/**
 * An account of the user's own, over a durable record of its own. What would revert is refused before it is signed; what is
 * signed is on disk before it is sent, and is sent and paid better until it is mined, by this process or the next.
 *
 * Race: whoever else uses the key takes its nonces. Mitigation: a transaction counts as gone only when another one of its
 * nonce is final, and is not sent anew: prices and positions have moved on, so whoever wanted it decides again.
 *
 * Race: the process ends before it has told what became of a transaction. Mitigation: the next one settles it before it sends
 * anything, and takes it over where it is asked for the same call. What remains: an end that is told twice.
 */
export class Account {
  readonly address: string;
  readonly rpc: Rpc;
  readonly #wallet: Wallet;
  readonly #options: AccountOptions;
  readonly #fees: FeeOracle;
  readonly #underpriced = new Set<string>();
  readonly #ended = new AbortController();
  #opening: Promise<Opened> | undefined;
  #settling: Promise<Opened> | undefined;

  constructor(rpc: Rpc, key: Secret, options: AccountOptions) {
    this.rpc = rpc;
    this.#wallet = new Wallet(key.reveal());
    this.address = this.#wallet.address;
    this.#options = options;
    const { chainId, limits, clock = quietClock } = options;
    this.#fees = new FeeOracle({ rpc, clock, limits, network: networkOf(chainId) });
  }

  /**
   * Waits for what earlier processes left, and tells what became of it. Sending does so first in any case; a caller that reads
   * the chain to decide what to send calls it before.
   * @throws AccountInUse, GenesisMismatch, ChainMismatch, RpcUnanswered, RpcRefused
   */
  async settle(): Promise<void> {
    await this.#settled();
  }

  /**
   * Sends and waits until it is mined. The same call that an earlier process left without telling its end is not sent a second
   * time: its transaction is the answer, unless it is to be made `anew`.
   * @param what it is for, in words
   * @throws ContractRefused, TransactionReplaced
   * @throws AccountUnfunded, FeeCapReached, AccountInUse, RpcUnanswered, RpcRefused: nothing was sent
   */
  async send(call: Call, what = `call of ${call.to}`, { anew = false }: Sending = {}): Promise<Mined> {
    return this.#end(await this.#carrierOf(call, what, anew));
  }

  /** Deploys a contract and waits until it is mined. Returns its address. @throws as `send` */
  async deploy(data: string, what = "deployment"): Promise<string> {
    const sent = await this.#carrierOf({ data }, what);
    await this.#end(sent);
    return getCreateAddress({ from: this.address, nonce: sent.nonce });
  }

  /** Records it and hands it over; whatever an earlier process left is not looked at. @throws as `send`, and nothing was sent */
  async broadcast(call: Call, what = `call of ${call.to}`): Promise<SentCall> {
    const { unheard, told } = await this.#settled();
    await unheard.heard([...told]);
    return this.#sendNew(call, what);
  }

  /**
   * The block that has it, as far as the account's look at the chain goes: undefined while none is known.
   * @throws TransactionReplaced, and what stopped the looking
   */
  async found({ hash, nonce }: SentCall): Promise<Included | undefined> {
    const { lane } = await this.#opened();
    return lane.found({ hash }).catch(this.#goneOf(hash, nonce));
  }

  /** Somebody was told what became of it: the next process need not. */
  async heard({ key }: SentCall): Promise<void> {
    await (await this.#opened()).unheard.heard([key]);
  }

  /** Why it reverted, as far as the chain after its block says. */
  async reasonOf({ action: { to, data, value = 0n } }: SentCall, { hash, block }: Pick<Included, "hash" | "block">): Promise<Error> {
    try {
      const call = { from: this.address, ...(to !== undefined && { to }), data, value: toQuantity(value) };
      await this.rpc.request("eth_call", [call, toQuantity(block)]);
    } catch (error) {
      const reason = revertData(error);
      if (reason !== undefined) return refusalOf(reason, (error as Error).message, hash);
    }
    return refusalOf("0x", "the transaction reverted, and would not any more", hash);
  }

  /** Stops sending and following; the next process goes on with what is recorded. */
  async close(): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined); // whoever opened it heard of it
    if (!opened) return;
    const { store, lane, unheard, told, replacing } = opened;
    this.#ended.abort();
    try {
      await lane.close();
      await replacing;
      await unheard.heard([...told]);
    } finally {
      await store.close();
    }
  }

  #opened(): Promise<Opened> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  #settled(): Promise<Opened> {
    this.#settling ??= this.#settle().catch((error: unknown) => {
      this.#settling = undefined;
      throw error;
    });
    return this.#settling;
  }

  async #open(): Promise<Opened> {
    const { openStore, chainId, limits, finality = "depth", clock = quietClock } = this.#options;
    const { pollMs = networkOf(chainId).pollMs } = this.#options;
    const { address, rpc } = this;
    const store = await openStore();
    try {
      const lane = await LaneNonces.open({
        ...{ store, rpc, chainId, address, clock, pollMs, finality, notify: this.#notice, displaced: "let go" },
        ...{ kit: ethersKit(this.#wallet, BigInt(chainId), address), maxFeePerGas: limits.maxFeePerGas },
      });
      const unheard = await Unheard.open(store, chainId, address);
      const replacements = new Replacements({
        ...{ lane, rpc, clock, pollMs },
        feesAt: (headHash) => this.#fees.feesAt(headHash),
        underpriced: this.#underpriced,
        onTooDear: (error) => {
          this.#tell({ kind: "too dear", error });
        },
        onTrouble: (error) => {
          this.#tell({ kind: "notice", notice: { kind: "trouble", error } });
        },
      });
      return { store, lane, unheard, told: new Set(), replacing: replacements.follow(this.#ended.signal) };
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  async #settle(): Promise<Opened> {
    const opened = await this.#opened();
    const { lane, unheard, told } = opened;
    await lane.resume();
    for (const call of unheard.calls.filter(({ key }) => !told.has(key))) {
      const sent = await this.#earlier(lane, call);
      if (sent) {
        this.#tell({ kind: "earlier", ...sent });
        await this.#endOf(sent);
        told.add(call.key);
      } else {
        await unheard.heard([call.key]); // never recorded and so never sent, or given up for good
      }
    }
    return opened;
  }

  /** What is recorded of a call that an earlier process left. */
  async #earlier(lane: LaneNonces, { key, what, to, data, value }: WantedCall): Promise<SentCall | undefined> {
    const open = lane.pending().find((pending) => pending.key === key);
    const { hash, nonce } = (open ? { hash: open.hashes[0], nonce: open.nonce } : await lane.recorded(key)) ?? {};
    if (hash === undefined || nonce === undefined) return undefined;
    return { hash, nonce, what, key, action: { ...(to !== null && { to }), data, value: BigInt(value) }, earlier: true };
  }

  /** The transaction of this very call that an earlier process left, or a new one. */
  async #carrierOf(action: Action, what: string, anew = false): Promise<SentCall> {
    const { lane, unheard, told } = await this.#settled();
    const [to, value] = [action.to ?? null, String(action.value ?? 0n)];
    const same = unheard.calls.filter((call) => told.has(call.key) && call.to === to && call.data === action.data && call.value === value);
    // Whoever sends it anew knew of them: they are the answer of nobody any more.
    if (anew) await unheard.heard(same.map(({ key }) => key));
    const [left] = anew ? [] : same;
    const sent = left && (await this.#earlier(lane, left));
    if (!sent) return this.#sendNew(action, what);
    this.#tell({ kind: "taken over", ...sent });
    return sent;
  }

  async #sendNew(action: Action, what: string): Promise<SentCall> {
    const { lane, unheard } = await this.#opened();
    const { to, data, value = 0n } = action;
    const unsigned = await this.#unsigned(action);
    const { key } = await unheard.want({ what, to: to ?? null, data, value: String(value) });
    const sign = (nonce: number): Promise<string> => this.#wallet.signTransaction({ ...unsigned, nonce });
    const { hash, nonce } = await lane.send({ key, content: contentOf({ to, data, value }), sign, broadcast: false });
    this.#tell({ kind: "sending", what, nonce, hash });
    await lane.announce(hash);
    return { hash, nonce, what, action, key, earlier: false };
  }

  async #unsigned(action: Action): Promise<TransactionLike> {
    const gasLimit = await this.#gasFor(action);
    const fees = await this.#fees.feesAt(undefined);
    const balance = BigInt(await this.rpc.request<string>("eth_getBalance", [this.address, "latest"]));
    const most = gasLimit * fees.maxFeePerGas + (action.value ?? 0n);
    if (balance < most) throw new AccountUnfunded(this.address, `it has ${balance} wei, and up to ${most} are needed for value and gas`);
    return { ...action, ...fees, type: 2, gasLimit, chainId: BigInt(this.#options.chainId) };
  }

  async #gasFor({ to, data, value = 0n }: Action): Promise<bigint> {
    try {
      const call = { from: this.address, ...(to !== undefined && { to }), data, value: toQuantity(value) };
      // In the next block, which alone knows the hash of the newest one.
      const gas = BigInt(await this.rpc.request<string>("eth_estimateGas", [call, "pending"]));
      return gas + gas / 5n + spareGas; // fees and prices change what is written until it is mined
    } catch (error) {
      const data = revertData(error);
      if (data !== undefined) throw refusalOf(data, (error as Error).message);
      const said = classifyBroadcastError(error); // nodes say it in the same words
      if (said.kind === "never-sent" && said.cause === "funds") throw new AccountUnfunded(this.address, said.reason);
      throw error;
    }
  }

  /** Waits for the end of a call and strikes it off. @throws ContractRefused if it reverted, TransactionReplaced */
  async #end(sent: SentCall): Promise<Mined> {
    const end = await this.#endOf(sent);
    await this.heard(sent);
    if ("error" in end) throw end.error;
    return end;
  }

  /** Waits for the end of a call and tells it. @throws what stopped the following */
  async #endOf(sent: SentCall): Promise<Mined | { readonly error: Error }> {
    const { lane } = await this.#opened();
    const { hash, nonce, what, earlier } = sent;
    const tell = (last: string, block: number | undefined, error: unknown): void => {
      this.#tell({ kind: "ended", what, nonce, hash: last, block, error });
    };
    try {
      const included = await lane.included({ hash }).catch(this.#goneOf(hash, nonce));
      if (!included) throw new TypeError("the wait for a block has no other end");
      const { block, hash: last, gasUsed, succeeded } = included;
      const error = succeeded ? undefined : await this.reasonOf(sent, included);
      tell(last, block, error);
      return error ? { error } : { hash: last, block, gasUsed: BigInt(gasUsed), ...(earlier && { earlier }) };
    } catch (error) {
      if (!(error instanceof TransactionReplaced)) throw error;
      tell(hash, undefined, error);
      return { error };
    }
  }

  readonly #goneOf =
    (hash: string, nonce: number) =>
    (error: unknown): never => {
      if (error instanceof TransactionCancelled) throw new TransactionReplaced(hash, this.address, nonce);
      throw error;
    };

  readonly #notice = (notice: DurableNotice): void => {
    if (notice.kind === "doubt") {
      const outcome = classifyBroadcastError(notice.error);
      if (outcome.kind === "doubt" && outcome.hint === "underpriced") this.#underpriced.add(notice.hash);
    }
    this.#tell({ kind: "notice", notice });
  };

  readonly #tell = (news: AccountNews): void => {
    this.#options.onNews?.(news);
  };
}
