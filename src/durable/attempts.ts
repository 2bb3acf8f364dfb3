import type { Fees } from "../chain/fees/fees.ts";
import { replacementFees, standInFees } from "../chain/fees/replacement.ts";
import { type Attempt, type LaneEvent, latestOf, type OpenAttempt, type OpenNonce } from "../chain/lane/lane-ledger.ts";
import { feesOf } from "../chain/lane/replacement.ts";
import { StoreWriteFailed } from "../store/errors.ts";
import type { Version } from "../store/event-store.ts";
import { KeyBeingCancelled, KeyReused, NonceNotOpen, RecordInDoubt, SignedOtherwise } from "./errors.ts";
import { type Work, workOfKey } from "./keys.ts";
import type { DurableNotice } from "./notices.ts";
import type { Outbox } from "./outbox.ts";
import { attemptOf, hasWorkLeft, isBeingCancelled, keyOf, type KeyTold, type LaneRecord, workingAttemptOf, workOf } from "./record.ts";
import type { Signing } from "./signing.ts";
import type { Change, Signed, TransactionKit } from "./transactions.ts";

/** What is to be sent. */
export interface Sending {
  /** The caller's idempotency key. */
  readonly key: string | undefined;
  /** See contentOf. */
  readonly content: string;
  /** Signs it with this nonce. Is not called where the key is recorded. */
  readonly sign: (nonce: number) => Promise<string>;
  /** False where the library sends the bytes first; they are sent again all the same where the node has them not. */
  readonly broadcast?: boolean;
}

/** A transaction that is recorded. */
export interface Recorded {
  readonly nonce: number;
  readonly hash: string;
  readonly raw: string;
  /** Where in the account's ledger its bytes are. */
  readonly version: Version;
}

export interface AttemptsParts {
  readonly record: LaneRecord;
  readonly outbox: Outbox;
  /** Undefined where the bytes are never seen. */
  readonly kit: TransactionKit | undefined;
  readonly chainId: number;
  /** Gas for a no-op. @throws RpcUnanswered */
  readonly noOpGas: () => Promise<number>;
  /** Replacements and no-ops never offer more per gas, wei. */
  readonly cap: bigint;
  readonly notify: (notice: DurableNotice) => void;
  readonly signing: Signing;
  /** Whether work whose nonce another transaction has for good is sent under the next one. */
  readonly movesOn: boolean;
  /** Hears of bytes of which nobody knows whether they are recorded. */
  readonly onDoubt: (doubt: RecordInDoubt) => void;
}

/**
 * Everything that signs: the first attempt of a nonce, further ones, and those that take the place of what the chain will
 * not have. Each is durable before it is sent, and each is decided in turn, on the record as it then is.
 */
export class Attempts {
  readonly #parts: AttemptsParts;

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
  }

  /** The first attempt of the next nonce, or what the key stands for already. */
  first({ key, content, sign, broadcast = true }: Sending): Promise<Recorded> {
    const { record, outbox, signing } = this.#parts;
    return record.inTurn(async () => {
      const known = key === undefined ? undefined : await this.#under(key, content);
      if (known) return known;
      const { nextNonce } = record;
      const signed = this.#read(await signing.within(() => sign(nextNonce)), nextNonce);
      if (signed.content !== content) throw new SignedOtherwise("the content", content, signed.content);
      const attempt = attemptOf(signed, key === undefined ? "own" : workOfKey(key));
      const { nonce, hash, raw } = attempt;
      const version = record.state.version + 1;
      await this.#durably(attempt, [], bound(key, signed, version));
      if (broadcast) outbox.send(nonce, hash, raw);
      return { nonce, hash, raw, version };
    });
  }

  /** What the key stands for. @throws KeyReused, KeyBeingCancelled */
  recorded(key: string, content?: string): Promise<Recorded | undefined> {
    return this.#parts.record.inTurn(() => this.#under(key, content));
  }

  async recordedOf(attempt: OpenAttempt): Promise<Recorded> {
    const { nonce, hash, version } = attempt;
    return { nonce, hash, raw: await this.#parts.record.bytesOf(attempt), version };
  }

  /** The same transaction at higher fees. @throws NonceNotOpen, FeeCapReached */
  replace(which: number | string, wanted: Fees): Promise<Recorded> {
    return this.#further(which, wanted, false, (former, fees) => this.#resigned(former, { fees }));
  }

  /** A no-op in its place. @throws NonceNotOpen, FeeCapReached, RpcUnanswered */
  async cancel(which: number | string, wanted: Fees): Promise<Recorded> {
    const gas = await this.#parts.noOpGas();
    return this.#further(which, wanted, true, ({ nonce }, fees) => this.#noOp(nonce, fees, gas));
  }

  /** The node says that it will never take these bytes: a no-op is to take their nonce. Returns whether one is recorded. @throws RpcUnanswered */
  async giveUp(hash: string): Promise<boolean> {
    const { record, cap, notify } = this.#parts;
    const gas = await this.#parts.noOpGas();
    return record.inTurn(async () => {
      const attempt = record.attemptOf(hash);
      const open = attempt && record.openAt(attempt.nonce);
      if (!open || record.minedAt(open.nonce)) return false;
      if (isBeingCancelled(open)) return attempt.orderIds.length > 0;
      if (latestOf(open).hash !== hash) return false; // replaced
      const noOp = await this.#append(open.nonce, "none", await this.#noOp(open.nonce, standInFees(feesOf(attempt), cap), gas));
      notify({ kind: "cancelled", nonce: noOp.nonce, hash: noOp.hash });
      return true;
    });
  }

  /**
   * Another transaction has the nonce for good. Its work is signed anew under the next one, and bound to that in the append
   * that gives the old one up; what was cancelled is let go, and so is everything where nothing moves on.
   */
  async moveOn({ nonce }: OpenNonce): Promise<void> {
    const { record, outbox, notify, movesOn } = this.#parts;
    const to = await record.inTurn(async () => {
      const open = record.openAt(nonce);
      if (!open || record.minedAt(nonce)) return undefined;
      const displaced = { kind: "displaced", data: { nonce, hash: latestOf(open).hash } } as const;
      const [work, key] = [workOf(open), keyOf(open)];
      if (work === undefined || !hasWorkLeft(open) || !movesOn) {
        await record.append([displaced], key === undefined ? [] : [{ key, event: { kind: "released", data: displaced.data } }]);
        outbox.giveUp(open);
        return undefined;
      }
      const { nextNonce } = record;
      const signed = this.#read(await this.#resigned(latestOf(open), { nonce: nextNonce }), nextNonce);
      await this.#durably(attemptOf(signed, work), [displaced], bound(key, signed, record.state.version + 2));
      outbox.relieve(open);
      outbox.send(nextNonce, signed.hash, signed.raw);
      return nextNonce;
    });
    notify({ kind: "displaced", nonce, to });
  }

  /** Uses up a nonce that nothing stands for. */
  async fill(nonce: number, fees: Fees): Promise<void> {
    const { record } = this.#parts;
    const gas = await this.#parts.noOpGas();
    await record.inTurn(async () => {
      if (!record.openAt(nonce)) await this.#append(nonce, "none", await this.#noOp(nonce, fees, gas));
    });
  }

  #further(
    which: number | string,
    wanted: Fees,
    cancels: boolean,
    sign: (former: OpenAttempt, fees: Fees) => Promise<string>,
  ): Promise<Recorded> {
    const { record, cap, notify } = this.#parts;
    return record.inTurn(async () => {
      const open = typeof which === "number" ? record.openAt(which) : record.carrierOf(workOfKey(which));
      if (!open || record.minedAt(open.nonce)) throw new NonceNotOpen(typeof which === "number" ? `nonce ${which}` : `the key ${which}`);
      const former = latestOf(open);
      const raw = await sign(former, replacementFees(feesOf(former), wanted, { maxFeePerGas: cap }));
      const recorded = await this.#append(former.nonce, cancels || isBeingCancelled(open) ? "none" : (workOf(open) ?? "none"), raw);
      notify({ kind: cancels ? "cancelled" : "replaced", nonce: recorded.nonce, hash: recorded.hash });
      return recorded;
    });
  }

  /** In turn only: one more attempt of a nonce, durable, then sent. */
  async #append(nonce: number, work: Work | "none", raw: string): Promise<Recorded> {
    const { record, outbox } = this.#parts;
    const attempt = attemptOf(this.#read(raw, nonce), work);
    const version = record.state.version + 1;
    await this.#durably(attempt);
    outbox.release(nonce); // the former bytes are not sent any more
    outbox.send(nonce, attempt.hash, raw);
    return { nonce, hash: attempt.hash, raw, version };
  }

  /** In turn only. @throws RecordInDoubt: then nothing more is recorded or sent. */
  async #durably(attempt: Attempt, before: readonly LaneEvent[] = [], told: readonly KeyTold[] = []): Promise<void> {
    try {
      await this.#parts.record.append([...before, { kind: "attempted", data: attempt }], told);
    } catch (error) {
      if (!(error instanceof StoreWriteFailed)) throw error;
      const doubt = new RecordInDoubt(attempt.hash, attempt.nonce, error);
      this.#parts.onDoubt(doubt);
      throw doubt;
    }
  }

  async #resigned(former: OpenAttempt, change: Change): Promise<string> {
    const { record, signing, kit = noKit() } = this.#parts;
    const raw = await record.bytesOf(former);
    return signing.within(() => kit.resign(raw, change));
  }

  #noOp(nonce: number, fees: Fees, gas: number): Promise<string> {
    const { signing, kit = noKit() } = this.#parts;
    return signing.within(() => kit.noOp(nonce, fees, gas));
  }

  /** In turn only. */
  async #under(key: string, content: string | undefined): Promise<Recorded | undefined> {
    const { record } = this.#parts;
    const { bound: known } = await record.readKey(key);
    if (!known) return undefined;
    if (content !== undefined && content !== known.content) throw new KeyReused(key, known.hash);
    const open = record.carrierOf(workOfKey(key));
    if (open && isBeingCancelled(open)) throw new KeyBeingCancelled(key, open.nonce);
    const attempt = open && workingAttemptOf(open);
    if (attempt) return this.recordedOf(attempt);
    return { nonce: known.nonce, hash: known.hash, raw: await record.bytesOf(known), version: known.version };
  }

  /** @throws SignedOtherwise where it is not the transaction that was asked for */
  #read(raw: string, nonce: number): Signed {
    const { kit, chainId } = this.#parts;
    const signed = (kit ?? noKit()).read(raw);
    if (signed.nonce !== nonce) throw new SignedOtherwise("nonce", nonce, signed.nonce);
    if (signed.chainId !== chainId) throw new SignedOtherwise("chain", chainId, signed.chainId);
    return signed;
  }
}

/** What a key hears of its transaction. */
function bound(key: string | undefined, { nonce, hash, content }: Signed, version: Version): KeyTold[] {
  return key === undefined ? [] : [{ key, event: { kind: "bound", data: { nonce, hash, version, content } } }];
}

function noKit(): never {
  throw new TypeError("nonces whose bytes are not seen cannot be signed for");
}
