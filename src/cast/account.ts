import { getCreateAddress, keccak256, type TransactionLike, Wallet } from "ethers";
import { type Clock, systemClock } from "../clock.ts";
import { isRpcError, type Rpc, RpcRefused, RpcUnanswered, toQuantity } from "../chain/rpc/rpc.ts";
import type { Secret } from "../secret.ts";
import { AccountUnfunded, TransactionReplaced } from "./errors.ts";
import { revertData } from "../chain/rpc/revert-data.ts";
import { refusalOf } from "./refusals.ts";

/** A call of a contract. */
export interface Call {
  readonly to: string;
  readonly data: string;
  /** In wei. */
  readonly value?: bigint;
}

/** A call, or without `to` the deployment of a contract by its code. */
type Action = Omit<Call, "to"> & Partial<Pick<Call, "to">>;

/** A transaction on its way. */
export interface Sent {
  readonly hash: string;
  readonly nonce: number;
  readonly raw: string;
}

/** What a transaction came to. */
export interface Mined {
  readonly hash: string;
  readonly block: number;
  readonly gasUsed: bigint;
}

interface Receipt {
  readonly status: string;
  readonly blockNumber: string;
  readonly gasUsed: string;
}

/** Wei a unit of gas, where the node proposes none. */
const usualTip = 1_000_000_000n;

/** So often a receipt must be missing after its nonce was used: one endpoint may lag behind the one that counted. */
const mostMissing = 10;

export interface AccountOptions {
  readonly clock?: Clock;
  /** How often a receipt is asked for, in ms. */
  readonly pollMs: number;
}

/**
 * An account of the user's own, which sends one call at a time. What would revert is refused before it is sent.
 *
 * Race: whoever else uses the key takes its nonces. Mitigation: a transaction that was replaced is told as such, never
 * sent again under another nonce. What remains: after a crash the user looks whether the last transaction was mined.
 */
export class Account {
  readonly address: string;
  readonly rpc: Rpc;
  readonly #wallet: Wallet;
  readonly #clock: Clock;
  readonly #pollMs: number;
  #chainId: bigint | undefined;
  #nextNonce = 0;
  readonly #missing = new Map<string, number>();

  constructor(rpc: Rpc, key: Secret, { clock = systemClock, pollMs }: AccountOptions) {
    this.rpc = rpc;
    this.#wallet = new Wallet(key.reveal());
    this.address = this.#wallet.address;
    this.#clock = clock;
    this.#pollMs = pollMs;
  }

  /** Sends and waits until it is mined. @throws ContractRefused, AccountUnfunded, TransactionReplaced, RpcRefused, RpcUnanswered */
  async send(call: Call): Promise<Mined> {
    return this.mined(await this.broadcast(call), call);
  }

  /** Deploys a contract and waits until it is mined. Returns its address. @throws as `send` */
  async deploy(data: string): Promise<string> {
    const sent = await this.broadcast({ data });
    await this.mined(sent, { data });
    return getCreateAddress({ from: this.address, nonce: sent.nonce });
  }

  /** Signs and hands it to the node. @throws ContractRefused, AccountUnfunded, RpcRefused, RpcUnanswered */
  async broadcast(call: Action): Promise<Sent> {
    const gasLimit = await this.#gasFor(call);
    this.#chainId ??= BigInt(await this.rpc.request<string>("eth_chainId", []));
    const counted = Number(await this.rpc.request<string>("eth_getTransactionCount", [this.address, "pending"]));
    // A node that lags behind does not know the last one yet.
    const nonce = Math.max(counted, this.#nextNonce);
    const unsigned: TransactionLike = { ...call, ...(await this.#fees()), type: 2, nonce, gasLimit, chainId: this.#chainId };
    const raw = await this.#wallet.signTransaction(unsigned);
    await this.#hand(raw);
    this.#nextNonce = nonce + 1;
    return { hash: keccak256(raw), nonce, raw };
  }

  /** Waits for the receipt. @throws ContractRefused if it reverted, TransactionReplaced, RpcRefused, RpcUnanswered */
  async mined(sent: Sent, call: Action): Promise<Mined> {
    for (;;) {
      try {
        const mined = await this.receiptOf(sent, call);
        if (mined) return mined;
      } catch (error) {
        if (!(error instanceof RpcUnanswered)) throw error; // doubt: asked again
      }
      await this.#clock.pause(this.#pollMs);
    }
  }

  /** The receipt, or undefined while it is on its way; the same bytes are handed over again where the node lost them. */
  async receiptOf(sent: Sent, call: Action): Promise<Mined | undefined> {
    const used = Number(await this.rpc.request<string>("eth_getTransactionCount", [this.address, "latest"])) > sent.nonce;
    const receipt = await this.rpc.request<Receipt | null>("eth_getTransactionReceipt", [sent.hash]);
    if (receipt === null) {
      if (used) this.#mustAppear(sent);
      else await this.#handAgain(sent);
      return undefined;
    }
    this.#missing.delete(sent.hash);
    if (BigInt(receipt.status) === 0n) throw await this.#whyReverted(sent, call, receipt);
    return { hash: sent.hash, block: Number(receipt.blockNumber), gasUsed: BigInt(receipt.gasUsed) };
  }

  /** No answer is doubt: the bytes may be taken, and are handed over again by whoever waits for them. */
  async #hand(raw: string): Promise<void> {
    try {
      await this.rpc.request("eth_sendRawTransaction", [raw]);
    } catch (error) {
      if (error instanceof RpcUnanswered || (error instanceof RpcRefused && /already known|already imported/i.test(error.message))) return;
      throw this.#unfunded(error) ?? error;
    }
  }

  async #handAgain({ hash, raw }: Sent): Promise<void> {
    if ((await this.rpc.request<object | null>("eth_getTransactionByHash", [hash])) !== null) return;
    await this.#hand(raw).catch((error: unknown) => {
      if (!isRpcError(error)) throw error; // its fate shows in the receipt or in the nonce
    });
  }

  #mustAppear({ hash, nonce }: Sent): void {
    const times = (this.#missing.get(hash) ?? 0) + 1;
    this.#missing.set(hash, times);
    if (times >= mostMissing) throw new TransactionReplaced(hash, this.address, nonce);
  }

  async #gasFor({ to, data, value = 0n }: Action): Promise<bigint> {
    try {
      const call = { from: this.address, ...(to !== undefined && { to }), data, value: toQuantity(value) };
      // In the next block, which alone knows the hash of the newest one.
      const gas = BigInt(await this.rpc.request<string>("eth_estimateGas", [call, "pending"]));
      return gas + gas / 5n; // fees and prices change what is written until it is mined
    } catch (error) {
      const data = revertData(error);
      if (data !== undefined) throw refusalOf(data, (error as Error).message);
      throw this.#unfunded(error) ?? error;
    }
  }

  #unfunded(error: unknown): AccountUnfunded | undefined {
    if (!(error instanceof RpcRefused) || !/insufficient (funds|balance)|enough funds|OutOfFund/i.test(error.message)) return undefined;
    return new AccountUnfunded(this.address, error.message);
  }

  async #fees(): Promise<{ maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }> {
    const { baseFeePerGas } = await this.rpc.request<{ baseFeePerGas?: string }>("eth_getBlockByNumber", ["latest", false]);
    const tip = await this.rpc.request<string>("eth_maxPriorityFeePerGas", []).then(BigInt, () => usualTip);
    return { maxFeePerGas: 2n * BigInt(baseFeePerGas ?? "0x0") + tip, maxPriorityFeePerGas: tip };
  }

  async #whyReverted({ hash }: Sent, { to, data, value = 0n }: Action, { blockNumber }: Receipt): Promise<Error> {
    try {
      await this.rpc.request("eth_call", [
        { from: this.address, ...(to !== undefined && { to }), data, value: toQuantity(value) },
        blockNumber,
      ]);
    } catch (error) {
      const reason = revertData(error);
      if (reason !== undefined) return refusalOf(reason, (error as Error).message, hash);
    }
    return refusalOf("0x", "the transaction reverted, and would not any more", hash);
  }
}
