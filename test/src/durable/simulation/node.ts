import {
  type Rpc,
  type RpcCall,
  type RpcOutcome,
  outcomeOf,
  RpcRefused,
  RpcUnanswered,
  toQuantity,
} from "../../../../src/chain/rpc/rpc.ts";
import type { Random } from "../../../chaos/random.ts";
import { chainId, hashOf, ours, transactionOf } from "./transactions.ts";

interface Block {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Raw, in the order of their nonces. */
  readonly transactions: readonly string[];
}

/** A node with one account, whose every answer can be lost, refused or old. */
export class SimulatedNode implements Rpc {
  readonly #random: Random;
  readonly #blocks: Block[] = [{ number: 0, hash: "0xgenesis", parentHash: "0x", transactions: [] }];
  readonly #pool = new Map<number, string>();
  readonly #formerCounts: number[] = [];
  /** Hears bytes as they come in. */
  readonly #onBytes: (raw: string) => void;
  #forks = 0;
  /** Receivers whose transactions this node says it will never take. */
  readonly refused = new Set<string>();
  /** How often a call goes wrong, in [0, 1]. */
  faultiness = 0;

  constructor(random: Random, onBytes: (raw: string) => void) {
    this.#random = random;
    this.#onBytes = onBytes;
  }

  get height(): number {
    return this.#blocks.length - 1;
  }

  /** All that is mined, oldest first. */
  get mined(): string[] {
    return this.#blocks.flatMap(({ transactions }) => transactions);
  }

  /** Hash of what has this nonce in a block with 31 others above it. */
  finalTakerOf(nonce: number): string | undefined {
    const final = this.#blocks.slice(0, Math.max(0, this.#blocks.length - 31)).flatMap(({ transactions }) => transactions);
    return final.filter((raw) => transactionOf(raw).nonce === nonce).map(hashOf)[0];
  }

  /** A block with so many of those that wait without a gap. */
  mine(most: number): void {
    const transactions: string[] = [];
    for (let nonce = this.#count(this.height); transactions.length < most; nonce++) {
      const raw = this.#pool.get(nonce);
      if (raw === undefined) break;
      transactions.push(raw);
      this.#pool.delete(nonce);
    }
    const tip = this.#blocks.at(-1);
    this.#blocks.push({
      number: this.#blocks.length,
      hash: `0xb${this.#blocks.length}f${this.#forks}`,
      parentHash: tip?.hash ?? "0x",
      transactions,
    });
  }

  /** The newest blocks are replaced by as many empty ones; what was in them is in nobody's pool, or in this one's. */
  reorg(depth: number, backToPool: boolean): void {
    const gone = this.#blocks.splice(Math.max(1, this.#blocks.length - depth));
    this.#forks++;
    if (backToPool) for (const raw of gone.flatMap(({ transactions }) => transactions)) this.#pool.set(transactionOf(raw).nonce, raw);
    for (let i = 0; i < gone.length; i++) this.mine(0);
  }

  drop(): void {
    this.#pool.clear();
  }

  /** Somebody with the same key: takes the place of what waits at the account's count. */
  foreign(rawAt: (nonce: number) => string): void {
    const nonce = this.#count(this.height);
    this.#pool.set(nonce, rawAt(nonce));
  }

  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    await new Promise(setImmediate);
    const fault = this.#random.chance(this.faultiness) ? this.#random.pick(["lost", "done", "refused", "stale"] as const) : undefined;
    if (fault === "lost") throw new RpcUnanswered(method, "the node", "lost");
    if (fault === "refused")
      throw new RpcRefused(method, -32_603, this.#random.pick(["Internal error", "rate limited", "txpool is full"]), undefined);
    const answer = this.#answer(method, params, fault === "stale");
    if (fault === "done") throw new RpcUnanswered(method, "the node", "the answer was lost");
    return answer as T;
  }

  async each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    const settled = await Promise.allSettled(calls.map(({ method, params }) => this.request<T>(method, params)));
    return settled.map((one) =>
      outcomeOf(() => {
        if (one.status === "rejected") throw one.reason;
        return one.value;
      }),
    );
  }

  #answer(method: string, [first, second]: readonly unknown[], stale: boolean): unknown {
    switch (method) {
      case "eth_chainId":
        return toQuantity(chainId);
      case "eth_feeHistory":
        return { baseFeePerGas: ["0x7"], gasUsedRatio: [], reward: [] };
      case "eth_maxPriorityFeePerGas":
        return "0xa";
      case "eth_estimateGas":
        return "0x5208";
      case "eth_getTransactionCount":
        return toQuantity(this.#countAt(second, stale));
      case "eth_getBlockByNumber":
        return this.#blockAt(first, stale);
      case "eth_getTransactionReceipt":
        return stale ? null : this.#receiptOf(String(first));
      case "eth_sendRawTransaction":
        return this.#take(String(first));
      default:
        throw new TypeError(`the simulated node does not know ${method}`);
    }
  }

  /** Transactions in blocks up to this one. */
  #count(number: number): number {
    return this.#blocks.slice(0, number + 1).reduce((sum, { transactions }) => sum + transactions.length, 0);
  }

  #countAt(block: unknown, stale: boolean): number {
    let count = this.#count(typeof block === "string" && block.startsWith("0x") ? Number(block) : this.height);
    if (block === "pending") while (this.#pool.has(count)) count++;
    if (block !== "pending" && block !== "latest") return count;
    this.#formerCounts.push(count);
    return stale ? this.#random.pick(this.#formerCounts.slice(-8)) : count;
  }

  #blockAt(tag: unknown, stale: boolean): unknown {
    const number = tag === "latest" ? Math.max(0, this.height - (stale ? this.#random.pick([0, 1, 2, 3, 64, 70]) : 0)) : Number(tag);
    const block = this.#blocks[number];
    if (!block) return null;
    const { hash, parentHash, transactions } = block;
    const full = transactions.map((raw) => ({ hash: hashOf(raw), from: ours, nonce: toQuantity(transactionOf(raw).nonce) }));
    return { number: toQuantity(number), hash, parentHash, timestamp: "0x0", logsBloom: "0x", transactions: full };
  }

  #receiptOf(hash: string): unknown {
    for (const block of this.#blocks) {
      if (!block.transactions.some((raw) => hashOf(raw) === hash)) continue;
      return { transactionHash: hash, blockNumber: toQuantity(block.number), blockHash: block.hash, gasUsed: "0x5208", status: "0x1" };
    }
    return null;
  }

  #take(raw: string): string {
    this.#onBytes(raw);
    const { nonce, to, maxFeePerGas } = transactionOf(raw);
    if (this.refused.has(to)) {
      if (nonce >= this.#count(this.height) && this.#random.chance(0.1)) this.#pool.set(nonce, raw); // another node has it
      throw new RpcRefused("eth_sendRawTransaction", -32_000, "intrinsic gas too low", undefined);
    }
    const waiting = this.#pool.get(nonce);
    if (nonce < this.#count(this.height)) throw new RpcRefused("eth_sendRawTransaction", -32_000, "nonce too low", undefined);
    if (waiting === raw) throw new RpcRefused("eth_sendRawTransaction", -32_000, "already known", undefined);
    if (waiting !== undefined && BigInt(maxFeePerGas) * 10n < BigInt(transactionOf(waiting).maxFeePerGas) * 11n) {
      throw new RpcRefused("eth_sendRawTransaction", -32_000, "replacement transaction underpriced", undefined);
    }
    this.#pool.set(nonce, raw);
    return hashOf(raw);
  }
}
