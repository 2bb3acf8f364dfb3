import { ForeignTransaction, InsufficientFunds } from "../errors.ts";
import { FeeCapReached, type Fees } from "../fees/fees.ts";
import type { AccountCounts, AccountNonces } from "./account-nonces.ts";
import type { Funds } from "./funds.ts";
import type { Lane } from "./lane.ts";
import { latestOf, type OpenNonce } from "./lane-ledger.ts";
import type { Lanes } from "./lanes.ts";
import type { LaneNotice } from "./notices.ts";
import type { Pricing } from "./pricing.ts";
import { feesOf, isReplacementDue } from "./replacement.ts";
import { isRpcError } from "../rpc/rpc.ts";
import type { Receipt } from "./settlement.ts";

export interface UpkeepParts {
  readonly lanes: Lanes;
  readonly nonces: AccountNonces;
  readonly funds: Funds;
  readonly pricing: Pricing;
  readonly network: string;
  readonly notify: (notice: LaneNotice) => void;
}

/** A block as far as upkeep needs it. */
export interface UpkeepHead {
  readonly number: number;
  readonly hash: string;
}

/** A nonce that the account has passed without a log of it that was seen. */
export interface Passed {
  readonly lane: Lane;
  readonly open: OpenNonce;
  /** Null where the chain has none, which is doubt: somebody else may have used the nonce, or the node lags. */
  readonly receipt: Receipt | null;
}

/** Blocks between two tries to replace under a fee cap that is too low; doubled each time. */
const capBackoff = { first: 1, most: 64 };

/** What upkeep remembers of a lane between two looks; all of it may be lost. */
interface Watch {
  /** Lowest nonce that is not mined, and the block under which it became that. */
  lowest: number;
  lowestSince: number;
  /** Block under which an attempt was first seen waiting, by hash. */
  firstSeen: Map<string, number>;
  /** Attempts that the node did not have at the last look, by hash. */
  missing: Set<string>;
  /** A nonce that the chain waited for under the last head although nothing stands for it. */
  gapSeen: { nonce: number; head: number } | undefined;
  /** The same, seen under two heads: to be filled. */
  gap: number | undefined;
  gapSince: number;
  capBackoff: number;
  cappedUntil: number;
}

/**
 * Looks after what the lanes have in flight: sends again what pools lost, replaces what pays too little, finds gaps and
 * foreign transactions, stops lanes without funds. Everything here is repair: it may be done late, twice or not at all
 * without harm to exactly-once, since it only ever sends durable bytes of nonces that are the lane's.
 */
export class Upkeep {
  readonly #parts: UpkeepParts;
  readonly #watches = new Map<string, Watch>();

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** Brings the ledgers together with the accounts' counts on chain before anything is sent. @throws RpcUnanswered, RpcRefused */
  async reconcile(): Promise<void> {
    for (const lane of this.#parts.lanes) {
      const { latest, pending } = await this.#parts.nonces.agreed(lane.address);
      if (lane.state.nextNonce === undefined) await lane.openAt(Math.max(latest, pending));
      else await this.#goBehindForeign(lane, { latest, pending });
    }
    await this.#parts.funds.read([...this.#parts.lanes]);
  }

  /**
   * One look at all lanes under this head; returns what was passed over, and whether all lanes could be looked at.
   * @param fresh whether the head is a new one: counts of up to 3 s ago will not do
   * @throws RpcUnanswered, RpcRefused: look again later
   */
  async look(head: UpkeepHead, fresh: boolean): Promise<{ readonly passed: readonly Passed[]; readonly whole: boolean }> {
    const { lanes, nonces, funds, notify } = this.#parts;
    // Also with all of it mined: foreign transactions may have come behind it.
    const busy = [...lanes].filter((lane) => lane.state.open.size > 0);
    if (fresh) for (const lane of await funds.under(head.hash, [...lanes])) notify({ kind: "funded", lane: lane.address });
    const counts = await nonces.known(
      busy.map(({ address }) => address),
      fresh,
    );
    // Nothing waits for a gap of a lane that has nothing open; whether it is still one is seen when something is.
    for (const lane of lanes) if (!busy.includes(lane)) this.#forgetGap(lane);
    const passed: Passed[] = [];
    let whole = true;
    for (const [i, lane] of busy.entries()) {
      try {
        passed.push(...(await this.#lookAt(lane, counts[i], head)));
      } catch (error) {
        if (!isRpcError(error)) throw error;
        whole = false; // the others are looked at all the same
      }
    }
    return { passed, whole: whole && counts.every((count) => count !== undefined) };
  }

  async #lookAt(lane: Lane, count: AccountCounts | undefined, head: UpkeepHead): Promise<Passed[]> {
    lane.sawHead(head.number);
    if (!count) return [];
    await this.#goBehindForeign(lane, count);
    const passed: Passed[] = [];
    for (const open of lane.unmined()) {
      if (open.nonce < count.latest) passed.push({ lane, open, receipt: await lane.ends.receiptOf(open) });
    }
    await this.#sendMissing(lane, count, head);
    this.#findGap(lane, count, head);
    await this.#replaceDue(lane, count, head);
    return passed;
  }

  /**
   * A nonce of the lane that the chain waits for and nothing stands for: a foreign transaction had it and was
   * reorganised away. `overdue`: no order came along for it, so that a no-op should take it.
   */
  gapOf(lane: Lane, head: number): { readonly nonce: number; readonly overdue: boolean } | undefined {
    const { gap, gapSince } = this.#watch(lane);
    if (gap === undefined || lane.state.open.has(gap)) return undefined;
    return { nonce: gap, overdue: head > gapSince + 1 };
  }

  #watch({ address }: Lane): Watch {
    let watch = this.#watches.get(address);
    if (!watch) {
      watch = {
        ...{
          lowest: -1,
          lowestSince: 0,
          firstSeen: new Map<string, number>(),
          missing: new Set<string>(),
          gapSeen: undefined,
          gap: undefined,
          gapSince: 0,
        },
        ...{ capBackoff: capBackoff.first, cappedUntil: 0 },
      };
      this.#watches.set(address, watch);
    }
    return watch;
  }

  /**
   * Race: somebody else sends from the lane's key. Mitigation: the lane goes on behind all that the node knows of, on the
   * word of two reads that agree; what of ours had those nonces is found by receipt or, once it is final, displaced.
   * What remains: orders that were displaced are minted later than others of their users.
   */
  async #goBehindForeign(lane: Lane, { latest, pending }: AccountCounts): Promise<void> {
    if (Math.max(latest, pending) <= lane.nextNonce) return;
    const agreed = await this.#parts.nonces.agreed(lane.address);
    const onChain = Math.max(agreed.latest, agreed.pending);
    if (onChain <= lane.nextNonce) return;
    const error = new ForeignTransaction(lane.address, lane.nextNonce, onChain);
    this.#parts.notify({ kind: "foreign", lane: lane.address, error });
    await lane.openAt(onChain);
  }

  /**
   * Sends again, unchanged, what the node no longer has: pools drop transactions under pressure, and its pending count then
   * ends below them. Two looks in a row must say so: one may be stale, or older than the broadcast.
   */
  async #sendMissing(lane: Lane, { latest, pending }: AccountCounts, head: UpkeepHead): Promise<void> {
    const watch = this.#watch(lane);
    const before = watch.missing;
    watch.missing = new Set();
    for (const open of lane.unmined()) {
      const { hash } = latestOf(open);
      if (open.nonce < Math.max(pending, latest) || lane.isSending(hash)) continue;
      if (!before.has(hash)) {
        watch.missing.add(hash);
        continue;
      }
      if (open.nonce === Math.max(pending, latest)) lane.window.shrink(head.number);
      await lane.sendAgain(open.nonce);
    }
  }

  /** Seen under two heads, so that neither one stale answer nor a broadcast under way looks like a gap. */
  #findGap(lane: Lane, { latest, pending }: AccountCounts, head: UpkeepHead): void {
    const watch = this.#watch(lane);
    const nonce = Math.max(latest, pending);
    const waits = nonce < lane.nextNonce && !lane.state.open.has(nonce);
    if (!waits) {
      this.#forgetGap(lane);
    } else if (watch.gapSeen?.nonce !== nonce) {
      watch.gapSeen = { nonce, head: head.number };
    } else if (watch.gap !== nonce && head.number > watch.gapSeen.head) {
      watch.gap = nonce;
      watch.gapSince = head.number;
      this.#parts.notify({ kind: "gap", lane: lane.address, nonce });
    }
  }

  #forgetGap(lane: Lane): void {
    const watch = this.#watch(lane);
    watch.gapSeen = watch.gap = undefined;
  }

  async #replaceDue(lane: Lane, { latest }: AccountCounts, head: UpkeepHead): Promise<void> {
    const watch = this.#watch(lane);
    // What the chain has passed is mined already, perhaps by somebody else's transaction: no fee brings it in.
    const unmined = lane.unmined().filter(({ nonce }) => nonce >= latest);
    const lowest = unmined[0]?.nonce ?? -1;
    if (lowest !== watch.lowest) Object.assign(watch, { lowest, lowestSince: head.number });
    watch.firstSeen = new Map(unmined.map((open) => [latestOf(open).hash, watch.firstSeen.get(latestOf(open).hash) ?? head.number]));
    const waited = unmined.some((open) => head.number > (watch.firstSeen.get(latestOf(open).hash) ?? head.number));
    if (!waited || head.number < watch.cappedUntil) return;
    try {
      const wanted = await this.#parts.pricing.feesAt(head.hash);
      for (const open of unmined) await this.#replaceIfDue(lane, open, wanted, head.number);
      watch.capBackoff = capBackoff.first;
    } catch (error) {
      if (!(error instanceof FeeCapReached)) throw error;
      // Above the cap no money is burnt: the bytes that are out stay out, and it is tried again when blocks have passed.
      watch.cappedUntil = head.number + watch.capBackoff;
      watch.capBackoff = Math.min(watch.capBackoff * 2, capBackoff.most);
      this.#parts.notify({ kind: "too dear", lane: lane.address, error });
    }
  }

  async #replaceIfDue(lane: Lane, open: OpenNonce, wanted: Fees, head: number): Promise<void> {
    const { pricing, funds, network, notify } = this.#parts;
    const { lowest, lowestSince, firstSeen } = this.#watch(lane);
    const former = latestOf(open);
    const since = Math.max(firstSeen.get(former.hash) ?? head, open.nonce === lowest ? lowestSince : 0);
    const due = isReplacementDue({
      fees: feesOf(former),
      wanted,
      blocks: head - since,
      lowest: open.nonce === lowest,
      refused: lane.isUnderpriced(former.hash),
    });
    if (!due) return;
    const fees = pricing.replacement(feesOf(former), wanted);
    const more = (fees.maxFeePerGas - feesOf(former).maxFeePerGas) * BigInt(former.gasLimit);
    if (funds.spare(lane) < more) {
      const error = new InsufficientFunds(lane.address, network, funds.balance(lane), more);
      if (funds.stop(lane, more)) notify({ kind: "without funds", lane: lane.address, error });
      return;
    }
    await lane.replace(open.nonce, fees);
  }
}
