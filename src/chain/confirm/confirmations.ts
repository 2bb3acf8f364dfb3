import {
  cancelled,
  type Inclusion,
  type Level,
  levelDepth,
  type Order,
  type OrderBook,
  type OrderEvent,
  type Told,
} from "../../order/index.ts";
import type { Clock } from "../../clock.ts";
import type { EventStore } from "../../store/index.ts";
import type { Minted, VoucherSkipped } from "../../voucher/index.ts";
import { Finality, type FinalityRule } from "./finality.ts";
import { type Header, Heads, type HeadChange } from "./heads.ts";
import { Refusals } from "./refusals.ts";
import type { Lanes } from "../lane/lanes.ts";
import type { Upkeep } from "../lane/upkeep.ts";
import { type Located, logsOf, type MintLogReader, type MintLogs } from "./mint-logs.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { Reach } from "../../write-ahead.ts";

export interface ConfirmationsParts {
  readonly store: EventStore;
  readonly book: OrderBook;
  readonly lanes: Lanes;
  readonly upkeep: Upkeep;
  readonly clock: Clock;
  /** Milliseconds after which the lanes are looked after although no block came. */
  readonly lookAfterMs: number;
  readonly rpc: Rpc;
  readonly reader: MintLogReader;
  readonly chainId: number;
  readonly finality: FinalityRule;
  /** Whether the chain is one node alone, as a local one is. */
  readonly oneNode: boolean;
  readonly minter: string;
  /** Block of the minter's deployment: no mint lies below it. */
  readonly deployedAt: number;
  /** Hears of reorgs, once each. */
  readonly onReorg: (orphaned: readonly Header[]) => void;
  /** Hears of each successful look at the head, before anything follows from it. */
  readonly onLook: (look: Look) => void;
  /** Milliseconds that never go backward. */
  readonly monotonic: () => number;
  readonly reach: Reach;
}

/** A look at the head of the chain, and when it was: monotonic milliseconds. */
export interface Look extends HeadChange {
  readonly answeredAtMs: number;
  /** When the successful look before this one was asked; undefined for the first one. */
  readonly formerAskedAtMs: number | undefined;
}

/** Orders told in one append; bounds how long the event loop is held. */
const chunk = 500;

type Todo =
  | { readonly kind: "take back"; readonly header: Header }
  /** `from` moves on with what was read, so that a look after an outage goes on there. */
  | { readonly kind: "catch up"; from: number; readonly to: number }
  | { readonly kind: "read"; readonly header: Header };

interface IncludedBlock {
  readonly number: number;
  level: Level;
  readonly orderIds: Set<string>;
}

/**
 * Brings the chain's facts to the orders: included, deeper, reorganised away, skipped. By block hash and depth, and
 * reversible until final (law 4). Everything it tells is idempotent, so that after a crash it may tell it again.
 */
export class Confirmations {
  readonly #parts: ConfirmationsParts;
  readonly #heads: Heads;
  readonly #finality: Finality;
  readonly #blocks = new Map<string, IncludedBlock>();
  /** Open orders by voucher number, to know whom a skipped voucher was for. */
  readonly #byNumber = new Map<string, string>();
  /**
   * Orders whose voucher was skipped as redeemed although they have no mint: somebody else's used their number. With the
   * final block from which on the proof is looked for.
   */
  readonly #beaten = new Map<string, number>();
  readonly #refusals: Refusals;
  readonly #unlisten: () => void;
  #todo: Todo[] = [];
  #lookedAfterAt = 0;
  #formerAskedAtMs: number | undefined;
  /** Something of the last change is still to be done, because an endpoint failed in the middle. */
  #unfinished = false;

  private constructor(parts: ConfirmationsParts, heads: Heads) {
    this.#parts = parts;
    this.#heads = heads;
    this.#finality = new Finality(parts.rpc, parts.finality);
    this.#refusals = new Refusals(parts);
    for (const order of parts.book.open()) this.#remember(order);
    this.#unlisten = parts.book.listen((order, event, before) => {
      this.#follow(order, event, before);
    });
  }

  /** Takes up where the last run's look at the chain ended. */
  static async open(parts: ConfirmationsParts): Promise<Confirmations> {
    const saved = await parts.store.loadSnapshot(checkpointName(parts));
    const confirmations = new Confirmations(parts, new Heads(parts.rpc, (saved?.data ?? []) as unknown as Header[], parts));
    for (const order of parts.book.open()) {
      if (order.inclusion) parts.lanes.mined(order.inclusion.txHash, order.inclusion.block, order.inclusion.blockHash);
    }
    return confirmations;
  }

  /** The newest canonical block known. */
  get tip(): Header | undefined {
    return this.#heads.tip;
  }

  /** Whether something of the last change is still to be done. */
  get unfinished(): boolean {
    return this.#unfinished;
  }

  /**
   * One look at the chain and all that follows from it. Returns whether anything changed.
   * @throws RpcUnanswered, RpcRefused: look again later; FinalBlocksLost: stop
   */
  async step(): Promise<boolean> {
    const first = this.#heads.tip === undefined;
    const changed = this.#note(await this.#look(), first);
    this.#unfinished ||= changed;
    if (!this.#unfinished) {
      if (this.#isQuiet()) await this.#lookAfterLanes(false);
      return false;
    }
    for (let next = this.#todo[0]; next; next = this.#todo[0]) {
      await this.#do(next);
      this.#todo.shift();
    }
    await this.#checkpoint(); // before orders become final by it: a chain that loses blocks is held against what they were final under
    const whole = await this.#lookAfterLanes(true);
    const finalBlock = await this.#finality.under(this.#heads.tip?.number ?? 0);
    await this.#deepen(finalBlock);
    await this.#parts.lanes.settle(finalBlock); // whatever is final needs nobody's care any more
    await this.#renumberBeaten(finalBlock);
    await this.#closeRefused(finalBlock);
    this.#unfinished = !whole;
    return true;
  }

  async close(): Promise<void> {
    this.#unlisten();
    if (this.#todo.length === 0) await this.#checkpoint();
  }

  async #look(): Promise<HeadChange> {
    const { monotonic, onLook } = this.#parts;
    const askedAtMs = monotonic();
    const change = await this.#heads.look();
    onLook({ ...change, answeredAtMs: monotonic(), formerAskedAtMs: this.#formerAskedAtMs });
    this.#formerAskedAtMs = askedAtMs;
    return change;
  }

  /**
   * Notes what is to be done, in order. Each item is struck off only when it succeeded, so an endpoint that fails in the
   * middle costs time and no mint; a block that was orphaned before it was read is not asked for any more.
   */
  #note(change: HeadChange, first: boolean): boolean {
    const { orphaned, added, skipped } = change;
    if (orphaned.length > 0) this.#parts.onReorg(orphaned);
    const gone = new Set(orphaned.map(({ hash }) => hash));
    this.#todo = this.#todo.filter((item) => item.kind !== "read" || !gone.has(item.header.hash));
    this.#todo.push(...orphaned.map((header): Todo => ({ kind: "take back", header })));
    if (skipped) this.#todo.push({ kind: "catch up", ...skipped });
    const start = added[0]?.number ?? 0;
    // A first look has no past to read unless orders are open already, e.g. because the checkpoint was lost.
    if (first && this.#parts.book.openCount > 0) this.#todo.push({ kind: "catch up", from: this.#parts.deployedAt, to: start - 1 });
    this.#todo.push(...added.map((header): Todo => ({ kind: "read", header })));
    return added.length > 0 || orphaned.length > 0;
  }

  async #do(item: Todo): Promise<void> {
    switch (item.kind) {
      case "take back":
        return this.#takeBack(item.header.hash);
      case "catch up":
        return this.#readRange(item);
      case "read":
        return this.#tell(await this.#parts.reader.inBlock(item.header));
    }
  }

  async #takeBack(blockHash: string): Promise<void> {
    this.#parts.reach("reorg:seen");
    const orderIds = [...(this.#blocks.get(blockHash)?.orderIds ?? [])];
    await this.#execute(orderIds.map((orderId) => ({ orderId, command: { kind: "unconfirm", reason: "reorg", blockHash } })));
    await this.#parts.lanes.orphaned(blockHash);
  }

  async #readRange(range: Extract<Todo, { kind: "catch up" }>): Promise<void> {
    for await (const logs of this.#parts.reader.inRange(range.from, range.to)) {
      await this.#tell(logs);
      range.from = logs.to + 1;
    }
  }

  async #tell({ minted, skipped }: MintLogs): Promise<void> {
    if (minted.length > 0) this.#parts.reach("inclusion:seen");
    for (const { txHash, block, blockHash } of [...minted, ...skipped]) this.#parts.lanes.mined(txHash, block, blockHash);
    await this.#execute(minted.map((mint) => ({ orderId: mint.log.orderId, command: { kind: "include", inclusion: inclusionOf(mint) } })));
    if (minted.length > 0) this.#parts.reach("inclusion:recorded");
    const told: Told[] = [];
    for (const skip of skipped) told.push(...(await this.#ofSkipped(skip)));
    await this.#execute(told);
  }

  /** A voucher that was skipped as expired is issued again; one that was redeemed already has its mint elsewhere on the chain. */
  async #ofSkipped({ log, txHash, block }: Located<VoucherSkipped>): Promise<Told[]> {
    const orderId = this.#byNumber.get(log.txCount.toString());
    const order = orderId === undefined ? undefined : this.#parts.book.get(orderId);
    const ours = this.#parts.lanes.attemptOf(txHash); // anybody may repeat an old voucher: that says nothing
    if (orderId === undefined || !order || order.inclusion || !ours) return [];
    const carrier = { lane: ours.lane.address, nonce: ours.attempt.nonce };
    if (log.reason === "Expired") return [{ orderId, command: { kind: "unconfirm", reason: "skipped-expired", carrier } }];
    if (log.reason === "ReceiverRefused") return []; // may be taken back: told when it is final
    const mint = await this.#parts.reader.mintOf(orderId, this.#parts.deployedAt, block);
    if (!mint) this.#beaten.set(orderId, 0);
    return mint ? [{ orderId, command: { kind: "include", inclusion: inclusionOf(mint) } }] : [];
  }

  /** No block came for a while: pools lose transactions then too. */
  #isQuiet(): boolean {
    const since = this.#parts.clock.now() - this.#lookedAfterAt;
    return since < 0 || since > this.#parts.lookAfterMs;
  }

  /** And what the accounts' nonces have passed without a log that was seen: reverted, overlooked, or displaced. */
  async #lookAfterLanes(fresh: boolean): Promise<boolean> {
    const { upkeep, minter, clock } = this.#parts;
    const head = this.#heads.tip;
    this.#lookedAfterAt = clock.now();
    if (!head) return true;
    const { passed, whole } = await upkeep.look(head, fresh);
    for (const { lane, open, receipt } of passed) {
      if (receipt === null) {
        await lane.ends.displaced(open, head.number - levelDepth.final + 1);
        continue;
      }
      if (!(await this.#heads.isCanonical(Number(receipt.blockNumber), receipt.blockHash))) continue; // asked for again later
      await this.#tell(logsOf(receipt, minter)); // first: what is marked as mined is not looked for again
      lane.mined(receipt.transactionHash, Number(receipt.blockNumber), receipt.blockHash);
    }
    return whole;
  }

  /** A level is announced only for a block that is canonical now: whatever made us believe in another one is taken back. */
  async #deepen(finalBlock: number): Promise<void> {
    const head = this.#heads.tip?.number ?? 0;
    for (const [blockHash, block] of this.#blocks) {
      const depth = this.#heads.depthOf(block.number);
      const isFinal = depth >= levelDepth.final && block.number <= finalBlock;
      const due = isFinal ? "final" : depth >= levelDepth.auditable ? "auditable" : "tentative";
      const contradicted = this.#heads.window.some(({ number, hash }) => number === block.number && hash !== blockHash);
      if (!contradicted && block.level === due) continue;
      if (contradicted || (depth > 0 && !(await this.#heads.isCanonical(block.number, blockHash)))) {
        await this.#takeBack(blockHash);
        continue;
      }
      block.level = due;
      await this.#execute([...block.orderIds].map((orderId) => ({ orderId, command: { kind: "deepen", blockHash, head, finalBlock } })));
      this.#parts.reach("level:recorded");
    }
  }

  /**
   * Another service with a store of its own may mint from the same contract and, by bad luck, with the same numbers.
   *
   * Race: an order that gets a new number could be minted by its old voucher too. Mitigation: only on positive proof that
   * another order's mint used the old number, in a final block; the bit is set for good then. What remains: nothing.
   */
  async #renumberBeaten(finalBlock: number): Promise<void> {
    const { book, lanes, reader, deployedAt } = this.#parts;
    for (const [orderId, from] of this.#beaten) {
      const order = book.get(orderId);
      const waits = order?.kind === "broadcast" || order?.kind === "assigned";
      if (!waits || !order.voucher) {
        this.#beaten.delete(orderId); // it went on by other means
        continue;
      }
      if (finalBlock < from || (order.carrier && lanes.isOpen(order.carrier))) continue; // the skip is not final yet
      const taker = await reader.takerOf(BigInt(order.voucher.number), deployedAt, finalBlock);
      const own = taker === orderId ? await reader.mintOf(orderId, deployedAt, finalBlock) : undefined;
      if (own) {
        await this.#tell({ minted: [own], skipped: [] }); // it was minted after all, by a log that was overlooked
      } else if (taker === undefined && (await reader.isCancelled(BigInt(order.voucher.number), deployedAt, finalBlock))) {
        await this.#rejectCancelled(order);
      } else if (taker === undefined || taker === orderId) {
        this.#beaten.set(orderId, finalBlock + levelDepth.final); // an endpoint that has not all logs: no proof, no new number
        continue;
      } else await book.execute([{ orderId, command: { kind: "unconfirm", reason: "number-taken" } }]);
      this.#beaten.delete(orderId);
    }
  }

  /** After all that the chain says up to its head was told. */
  async #closeRefused(finalBlock: number): Promise<void> {
    if (this.#refusals.size === 0 || finalBlock < 0) return;
    const head = this.#heads.tip?.number ?? 0;
    const minted = await this.#refusals.close({ head, finalBlock, finalSecond: await this.#heads.secondOf(finalBlock) });
    if (minted.length > 0) await this.#tell({ minted, skipped: [] });
  }

  /** Somebody with the right to it made the voucher void while its order was on its way: it is not minted under another number. */
  async #rejectCancelled({ request: { orderId }, carrier }: Order): Promise<void> {
    const reason = "its voucher's number was cancelled on chain";
    if (!carrier) return;
    await this.#parts.book.execute([
      { orderId, command: { kind: "fail", carrier, reason } },
      { orderId, command: { kind: "compensate", reason } },
      { orderId, command: cancelled(reason) },
    ]);
  }

  /** Only after everything up to the tip was told: a lost checkpoint is read again, a premature one would be a lost mint. */
  async #checkpoint(): Promise<void> {
    const headers = this.#heads.window.map((header) => ({ ...header, logsBloom: "" }));
    await this.#parts.store.saveSnapshot(checkpointName(this.#parts), {
      position: await this.#parts.store.head(),
      data: headers,
    });
    this.#parts.reach("checkpoint:saved");
  }

  async #execute(told: readonly Told[]): Promise<void> {
    for (let start = 0; start < told.length; start += chunk) await this.#parts.book.execute(told.slice(start, start + chunk));
  }

  #follow(order: Order, event: OrderEvent, before: Order | undefined): void {
    const { orderId } = order.request;
    if (before?.inclusion && before.inclusion.blockHash !== order.inclusion?.blockHash) this.#forget(before.inclusion.blockHash, orderId);
    if (event.kind === "final" && order.inclusion) this.#forget(order.inclusion.blockHash, orderId);
    if (before?.voucher && before.voucher.number !== order.voucher?.number) this.#byNumber.delete(before.voucher.number);
    if (event.kind === "final" || event.kind === "rejected") {
      this.#byNumber.delete(order.voucher?.number ?? "");
      this.#refusals.follow(order);
    } else this.#remember(order);
  }

  #remember(order: Order): void {
    const { inclusion, voucher, request } = order;
    this.#refusals.follow(order);
    if (voucher) this.#byNumber.set(voucher.number, request.orderId);
    if (!inclusion) return;
    const known = this.#blocks.get(inclusion.blockHash);
    if (known?.orderIds.has(request.orderId)) return;
    if (known) {
      known.orderIds.add(request.orderId);
      known.level = "tentative"; // a mint that was seen late: its block's levels are told again, and only it does not know them yet
    } else this.#blocks.set(inclusion.blockHash, { number: inclusion.block, level: "tentative", orderIds: new Set([request.orderId]) });
  }

  #forget(blockHash: string, orderId: string): void {
    const block = this.#blocks.get(blockHash);
    block?.orderIds.delete(orderId);
    if (block?.orderIds.size === 0) this.#blocks.delete(blockHash);
  }
}

/** Name of the snapshot that holds the newest known blocks. */
export const checkpointName = ({ chainId, minter }: { readonly chainId: number; readonly minter: string }): string =>
  `heads/${chainId}/${minter.toLowerCase()}`;

function inclusionOf({ log, block, blockHash, txHash }: Located<Minted>): Inclusion {
  return { block, blockHash, txHash, firstTokenId: log.firstTokenId.toString() };
}
