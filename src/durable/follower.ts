import { Finality, type FinalityRule } from "../chain/confirm/finality.ts";
import { type HeadChange, Heads } from "../chain/confirm/heads.ts";
import { FinalBlocksLost } from "../chain/identity-errors.ts";
import type { AccountNonces } from "../chain/lane/account-nonces.ts";
import type { AccountCounts } from "../chain/lane/account-nonces.ts";
import { latestOf, type LaneEvent, type OpenNonce } from "../chain/lane/lane-ledger.ts";
import { type Rpc, RpcUnanswered } from "../chain/rpc/rpc.ts";
import type { DurableNotice } from "./notices.ts";
import type { Outbox } from "./outbox.ts";
import { keyOf, type KeyTold, type LaneRecord } from "./record.ts";
import { provenTaker } from "./taker.ts";

/** A receipt as far as it is needed here. */
interface Receipt {
  readonly transactionHash: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly gasUsed: string;
  readonly status?: string;
}

export interface FollowerParts {
  readonly rpc: Rpc;
  readonly nonces: AccountNonces;
  readonly record: LaneRecord;
  readonly outbox: Outbox;
  readonly finality: FinalityRule;
  readonly notify: (notice: DurableNotice) => void;
  /** Gives the work of a nonce that another transaction has for good a new one, or lets it go where it was cancelled. */
  readonly onDisplaced: (open: OpenNonce) => Promise<void>;
  /** Uses up a nonce that the chain waits for and nothing stands for. */
  readonly onGap: (nonce: number) => Promise<void>;
}

/** Calls in one request to a node. */
const mostCalls = 50;
/** Nonces closed in one append. */
const mostSettled = 16;
/** Looks in a row that must find final blocks gone: one answer may come from another node's chain. */
const looksForLoss = 3;
/** Looks in a row that must see a gap. */
const looksForGap = 3;

/**
 * Looks at the chain and does what follows: finds what is mined, takes back what a reorg took, sends again what pools lost,
 * closes what is final. All of it may be done late or twice without harm; nothing is done on the word of one stale answer.
 */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #heads: Heads;
  readonly #finality: Finality;
  /** Looks in a row that found final blocks gone. */
  #losses = 0;
  /** Attempts that the node did not have at the last look, by hash: one look may be stale, or older than the broadcast. */
  #missing = new Set<string>();
  /** A nonce that the chain waits for although nothing stands for it, and in how many looks it was seen. */
  #gap: { readonly nonce: number; readonly looks: number } | undefined;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#heads = new Heads(parts.rpc, [], { oneNode: false });
    this.#finality = new Finality(parts.rpc, parts.finality);
  }

  /**
   * The ledger beside the account's counts on chain, by reads that agree. With nothing recorded, the ledger begins there.
   * @throws RpcUnanswered, RpcRefused
   */
  async reconcile(): Promise<AccountCounts> {
    const counts = await this.#parts.nonces.agreed(this.#parts.record.address);
    await this.#goBehind(counts);
    return counts;
  }

  /** @throws RpcUnanswered, RpcRefused: look again later. @throws FinalBlocksLost: several looks say that this is another chain */
  async look(): Promise<void> {
    const { record, nonces, outbox, notify } = this.#parts;
    const { orphaned, added } = await this.#lookAtHeads();
    if (orphaned.length > 0) notify({ kind: "reorg", blocks: orphaned.length });
    const unmined = orphaned.flatMap(({ hash }) => record.orphan(hash));
    for (const nonce of unmined.sort((a, b) => a - b)) await outbox.sendAgain(nonce);
    const head = this.#heads.tip?.number ?? 0;
    if (record.state.open.size === 0 && record.state.nextNonce === undefined) return;
    const fresh = added.length > 0 || orphaned.length > 0;
    const [counts] = await nonces.counts([record.address], fresh);
    if (!counts) return;
    if (Math.max(counts.latest, counts.pending) > record.nextNonce) await this.reconcile();
    await this.#findMined(counts);
    await this.#sendMissing(counts);
    await this.#findGap(counts);
    const finalBlock = await this.#finality.under(head);
    while (await this.#settle(finalBlock));
    await this.#findDisplaced(counts, finalBlock);
  }

  async #lookAtHeads(): Promise<HeadChange> {
    try {
      const change = await this.#heads.look();
      this.#losses = 0;
      return change;
    } catch (error) {
      if (!(error instanceof FinalBlocksLost) || ++this.#losses >= looksForLoss) throw error;
      throw new RpcUnanswered("eth_getBlockByNumber", "the node", `doubtful: ${error.message}`);
    }
  }

  /**
   * Race: somebody else sends from this key. Mitigation: the ledger goes on behind all that the node knows of, on the word of
   * two reads that agree. What remains: work that was displaced is sent under a later nonce.
   */
  async #goBehind({ latest, pending }: AccountCounts): Promise<void> {
    const { record, notify } = this.#parts;
    const onChain = Math.max(latest, pending);
    await record.inTurn(async () => {
      const recorded = record.state.nextNonce;
      if (recorded !== undefined && onChain <= recorded) return;
      await record.append([{ kind: "opened", data: { nonce: onChain } }]);
      if (recorded !== undefined) notify({ kind: "foreign", from: recorded, to: onChain });
    });
  }

  async #findMined({ latest }: AccountCounts): Promise<void> {
    const { record, outbox } = this.#parts;
    const passed = record.unmined().filter(({ nonce }) => nonce < latest);
    for (const [nonce, receipt] of await this.#receiptsOf(passed)) {
      const block = Number(receipt.blockNumber);
      // One that no canonical block of ours has is of a reorganised block, or of a head that we have not seen yet.
      if (!(await this.#heads.isCanonical(block, receipt.blockHash))) continue;
      const { transactionHash: hash, blockHash, gasUsed } = receipt;
      record.markMined(nonce, { hash, block, blockHash, gasUsed: Number(gasUsed), succeeded: succeeded(receipt) });
      const open = record.openAt(nonce);
      if (open && isWork(open, receipt)) outbox.relieve(open);
      else outbox.release(nonce); // a no-op: until it is final, the work may be mined after all
    }
  }

  /** The receipts of whichever attempts were mined. A nonce without one is doubt, and left out; what cannot be read is told. */
  async #receiptsOf(open: readonly OpenNonce[]): Promise<Map<number, Receipt>> {
    const hashes = open.flatMap(({ nonce, attempts }) => attempts.map(({ hash }) => ({ nonce, hash })));
    const found = new Map<number, Receipt>();
    for (let first = 0; first < hashes.length; first += mostCalls) {
      const some = hashes.slice(first, first + mostCalls);
      const calls = some.map(({ hash }) => ({ method: "eth_getTransactionReceipt", params: [hash] }));
      const receipts = await this.#parts.rpc.each<Receipt | null>(calls);
      some.forEach(({ nonce }, i) => {
        const receipt = receipts[i];
        if (receipt?.ok === true && receipt.value !== null) found.set(nonce, receipt.value);
        if (receipt?.ok === false) this.#parts.notify({ kind: "trouble", error: receipt.error });
      });
    }
    return found;
  }

  /** Sends again, unchanged, what the node's pending count ends below; two looks in a row must say so. */
  async #sendMissing({ latest, pending }: AccountCounts): Promise<void> {
    const { record, outbox } = this.#parts;
    const before = this.#missing;
    this.#missing = new Set();
    for (const open of record.unmined()) {
      const { hash } = latestOf(open);
      if (open.nonce < Math.max(latest, pending) || outbox.isSending(hash)) continue;
      if (before.has(hash)) await outbox.sendAgain(open.nonce);
      else this.#missing.add(hash);
    }
  }

  /**
   * A gap is what a foreign transaction leaves that was reorganised away, or a nonce that was given out without bytes. In
   * several looks and then by reads that agree; looks and not blocks, since where blocks come with transactions only, none comes.
   */
  async #findGap({ latest, pending }: AccountCounts): Promise<void> {
    const { record, nonces, notify, onGap } = this.#parts;
    const nonce = Math.max(latest, pending);
    if (record.state.open.size === 0 || nonce >= record.nextNonce || record.openAt(nonce)) {
      this.#gap = undefined;
      return;
    }
    this.#gap = { nonce, looks: this.#gap?.nonce === nonce ? this.#gap.looks + 1 : 1 };
    if (this.#gap.looks < looksForGap) return;
    const agreed = await nonces.agreed(record.address);
    if (Math.max(agreed.latest, agreed.pending) !== nonce) return;
    notify({ kind: "gap", nonce });
    await onGap(nonce);
    this.#gap = undefined;
  }

  /** Closes nonces mined at or below the final block, and tells their keys, in one append. Returns whether any were. */
  async #settle(finalBlock: number): Promise<boolean> {
    const { record, outbox, notify } = this.#parts;
    const due = record.minedUpTo(finalBlock).slice(0, mostSettled);
    const open = due.flatMap((nonce) => record.openAt(nonce) ?? []);
    const receipts = await this.#receiptsOf(open);
    const closed = open.flatMap((each) => {
      const receipt = receipts.get(each.nonce);
      if (!receipt) return [];
      if (receipt.blockHash === record.minedAt(each.nonce)?.blockHash) return [{ open: each, receipt }];
      record.orphan(record.minedAt(each.nonce)?.blockHash ?? ""); // it is in another block by now: found anew
      return [];
    });
    if (closed.length === 0) return false;
    await record.inTurn(async () => {
      const still = closed.filter(({ open: { nonce } }) => record.openAt(nonce));
      if (still.length > 0)
        await record.append(
          still.map(({ open: { nonce }, receipt }) => settledEvent(nonce, receipt)),
          still.flatMap(({ open: each, receipt }) => toldOf(each, receipt)),
        );
    });
    for (const { open: each, receipt } of closed) {
      if (isWork(each, receipt)) outbox.relieve(each);
      else outbox.giveUp(each);
      notify({ kind: "settled", nonce: each.nonce, hash: receipt.transactionHash, succeeded: succeeded(receipt) });
    }
    await record.saveSnapshot().catch((error: unknown) => {
      notify({ kind: "trouble", error }); // one that fails costs the next start time, and nothing else
    });
    return closed.length === due.length;
  }

  /**
   * Race: a node that has lost or not yet indexed the receipt of ours looks as if another transaction had the nonce.
   * Mitigation: only the transaction itself, read from a final block and not one of ours, is proof. What remains: nothing;
   * a nonce whose taker no node shows stays open.
   */
  async #findDisplaced({ latest }: AccountCounts, finalBlock: number): Promise<void> {
    const { rpc, record, nonces, onDisplaced } = this.#parts;
    if (finalBlock < 0) return;
    const passed = record.unmined().filter(({ nonce }) => nonce < latest);
    if (passed.length === 0) return;
    const finalCount = await nonces.at(record.address, finalBlock);
    for (const open of passed.filter(({ nonce }) => nonce < finalCount)) {
      const taker = await provenTaker(rpc, nonces, record.address, open.nonce, finalBlock);
      if (taker === undefined || record.attemptOf(taker)) continue; // ours: its receipt will be found
      await onDisplaced(open);
    }
  }
}

/** Whether the block has what the nonce is for, and not a no-op in its place. */
const isWork = ({ attempts }: OpenNonce, { transactionHash }: Receipt): boolean =>
  attempts.some(({ hash, orderIds }) => hash === transactionHash && orderIds.length > 0);

const succeeded = ({ status }: Receipt): boolean => status !== "0x0";

function settledEvent(nonce: number, receipt: Receipt): LaneEvent {
  return {
    kind: "settled",
    data: {
      nonce,
      hash: receipt.transactionHash,
      block: Number(receipt.blockNumber),
      gasUsed: Number(receipt.gasUsed),
      succeeded: succeeded(receipt),
    },
  };
}

/** What the key of a nonce hears when it is final: that its transaction is, or that it is free. */
function toldOf(open: OpenNonce, receipt: Receipt): KeyTold[] {
  const key = keyOf(open);
  if (key === undefined) return [];
  const { hash, version, orderIds } = open.attempts.find((each) => each.hash === receipt.transactionHash) ?? latestOf(open);
  const data = { nonce: open.nonce, hash };
  if (orderIds.length === 0) return [{ key, event: { kind: "released", data } }];
  return [{ key, event: { kind: "settled", data: { ...data, version, succeeded: succeeded(receipt) } } }];
}
