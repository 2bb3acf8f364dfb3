import { id } from "ethers";
import {
  CAST_UNIT_D18,
  decodeCancelled,
  decodeMinted,
  decodeSkipped,
  type Minted,
  MINTED_TOPIC,
  VOUCHER_SKIPPED_TOPIC,
  VOUCHERS_CANCELLED_TOPIC,
  type VouchersCancelled,
  type VoucherSkipped,
} from "../../voucher/index.ts";
import { bloomBits, bloomMayHold } from "./bloom.ts";
import type { Header } from "./heads.ts";
import type { Receipt } from "../lane/settlement.ts";
import { type LogPatience, type LogPiece, logPieces } from "../rpc/log-pieces.ts";
import type { Rpc } from "../rpc/rpc.ts";

/** A log with the block and transaction that carry it. */
export interface Located<T> {
  readonly log: T;
  readonly block: number;
  readonly blockHash: string;
  readonly txHash: string;
}

/** What the minter did in a range of blocks, in the order of the chain. */
export interface MintLogs {
  readonly minted: readonly Located<Minted>[];
  readonly skipped: readonly Located<VoucherSkipped>[];
}

interface RawLog {
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
}

/**
 * Transfers from the zero address, i.e. what the token itself says was created: transaction, receiver and token joined by
 * slashes, and how many. An ERC-721 has one of each, an ERC-1155 as many as were minted; cast tokens have no ids, are token 0 and
 * are counted in the unit of their vouchers.
 */
export type Creations = ReadonlyMap<string, number>;

const ZERO_TOPIC = `0x${"0".repeat(64)}`;
const TRANSFER_TOPIC = id("Transfer(address,address,uint256)");
const TRANSFER_SINGLE_TOPIC = id("TransferSingle(address,address,address,uint256,uint256)");

/** Words of the bitmap that one filter names. */
const mostTopics = 64;

/** Reads `Minted`, `VoucherSkipped` and `VouchersCancelled` of one minter. */
export class MintLogReader {
  readonly #rpc: Rpc;
  readonly #minter: string;
  /** Whose transfers show what was created: the minter, and the cast token, which is a contract of its own. */
  readonly #tokens: readonly string[];
  readonly #bits: readonly number[];
  readonly #patience: LogPatience;

  /**
   * @param token the minter's token where that is another contract
   * @param patience with which ranges of blocks are read, piece by piece: no caller needs to repeat a reading
   */
  constructor(rpc: Rpc, minter: string, token?: string, patience: LogPatience = {}) {
    this.#patience = patience;
    this.#rpc = rpc;
    this.#minter = minter;
    this.#tokens = token === undefined ? [minter] : [minter, token];
    this.#bits = bloomBits(minter);
  }

  /**
   * The logs of one block, asked for by hash so that a reorg in between cannot mix two blocks.
   * A block whose bloom excludes the minter is not asked for. An empty answer that the bloom does not explain may come
   * from an endpoint that lags behind: it is asked once more before it is believed. Own transactions are covered by
   * their receipts besides.
   */
  async inBlock(header: Header): Promise<MintLogs> {
    if (!bloomMayHold(header.logsBloom, this.#bits)) return { minted: [], skipped: [] };
    const first = await this.#ofBlock(header.hash);
    return first.minted.length + first.skipped.length > 0 ? first : this.#ofBlock(header.hash);
  }

  /** The logs of blocks `from` to `to`, both included, in pieces that a node answers; each says up to which block it goes. */
  async *inRange(from: number, to: number): AsyncGenerator<MintLogs & { readonly to: number }> {
    for await (const piece of this.#pieces(from, to, [[MINTED_TOPIC, VOUCHER_SKIPPED_TOPIC]])) {
      yield { ...mintLogs(piece.logs), to: piece.to };
    }
  }

  /** The same with what the token's own transfer logs say was created in those blocks. */
  async *withTransfers(from: number, to: number): AsyncGenerator<MintLogs & { readonly transfers: Creations }> {
    const topics = [[MINTED_TOPIC, VOUCHER_SKIPPED_TOPIC, TRANSFER_TOPIC, TRANSFER_SINGLE_TOPIC]];
    for await (const { logs } of this.#pieces(from, to, topics, this.#tokens)) yield { ...mintLogs(logs), transfers: creations(logs) };
  }

  /** The mint of one order in blocks `from` to `to`, if there is one. */
  async mintOf(orderId: string, from: number, to: number): Promise<Located<Minted> | undefined> {
    for await (const { logs } of this.#pieces(from, to, [MINTED_TOPIC, orderId])) {
      const [log] = logs;
      if (log) return located(log, decodeMinted(log));
    }
    return undefined;
  }

  /** The order whose mint in blocks `from` to `to` used this voucher number up, if there is one. */
  async takerOf(number: bigint, from: number, to: number): Promise<string | undefined> {
    for await (const { log } of this.mintsOf(new Set([number]), from, to)) return log.orderId;
    return undefined;
  }

  /** The mints in blocks `from` to `to` that used these voucher numbers up. Numbers are not indexed: all mints are read. */
  async *mintsOf(numbers: ReadonlySet<bigint>, from: number, to: number): AsyncGenerator<Located<Minted>> {
    for await (const { minted } of this.inRange(from, to)) yield* minted.filter(({ log }) => numbers.has(log.txCount));
  }

  /** What was cancelled of these words of the bitmap in blocks `from` to `to`. */
  async *cancellations(words: readonly bigint[], from: number, to: number): AsyncGenerator<Located<VouchersCancelled>> {
    const wanted = new Set(words);
    // Nodes bound how many topics a filter may name; cancelling is rare, so without the names it is not much more.
    const named = words.length > mostTopics ? [] : [words.map((word) => `0x${word.toString(16).padStart(64, "0")}`)];
    for await (const { logs } of this.#pieces(from, to, [VOUCHERS_CANCELLED_TOPIC, ...named])) {
      yield* logs.map((log) => located(log, decodeCancelled(log))).filter(({ log }) => wanted.has(log.word));
    }
  }

  /** Whether this number was cancelled in blocks `from` to `to`. */
  async isCancelled(number: bigint, from: number, to: number): Promise<boolean> {
    for await (const { log } of this.cancellations([number >> 8n], from, to)) {
      if ((log.mask >> (number & 0xffn)) & 1n) return true;
    }
    return false;
  }

  #pieces(
    from: number,
    to: number,
    topics: readonly unknown[],
    address: readonly string[] = [this.#minter],
  ): AsyncGenerator<LogPiece<RawLog>> {
    return logPieces<RawLog>(this.#rpc, { address, topics }, from, to, this.#patience);
  }

  async #ofBlock(hash: string): Promise<MintLogs> {
    return mintLogs(await this.#get({ blockHash: hash, topics: [[MINTED_TOPIC, VOUCHER_SKIPPED_TOPIC]] }));
  }

  #get(filter: Record<string, unknown>): Promise<RawLog[]> {
    return this.#rpc.request<RawLog[]>("eth_getLogs", [{ address: this.#minter, ...filter }]);
  }
}

/** The minter's logs in the receipt of one transaction. */
export function logsOf({ blockNumber, blockHash, transactionHash, logs }: Receipt, minter: string): MintLogs {
  const own = logs.filter(({ address }) => address.toLowerCase() === minter.toLowerCase());
  return mintLogs(own.map(({ topics, data }) => ({ topics, data, blockNumber, blockHash, transactionHash })));
}

function mintLogs(raw: readonly RawLog[]): MintLogs {
  const minted = raw.filter((log) => log.topics[0] === MINTED_TOPIC).map((log) => located(log, decodeMinted(log)));
  const skipped = raw.filter((log) => log.topics[0] === VOUCHER_SKIPPED_TOPIC).map((log) => located(log, decodeSkipped(log)));
  return { minted, skipped };
}

function creations(raw: readonly RawLog[]): Creations {
  const created = new Map<string, number>();
  const add = (log: RawLog, receiver: string | undefined, token: string, count: number) => {
    const key = `${log.transactionHash}/0x${(receiver ?? "").slice(-40)}/${BigInt(token).toString()}`;
    created.set(key, (created.get(key) ?? 0) + count);
  };
  for (const log of raw) {
    const [topic, first, second, third] = log.topics;
    if (topic === TRANSFER_TOPIC && first === ZERO_TOPIC) {
      if (third === undefined) add(log, second, "0x0", Number(BigInt(log.data) / CAST_UNIT_D18));
      else add(log, second, third, 1);
    }
    if (topic === TRANSFER_SINGLE_TOPIC && second === ZERO_TOPIC)
      add(log, third, log.data.slice(0, 66), Number(`0x${log.data.slice(66, 130)}`));
  }
  return created;
}

function located<T>(raw: RawLog, log: T): Located<T> {
  return { log, block: Number(raw.blockNumber), blockHash: raw.blockHash, txHash: raw.transactionHash };
}
