import { Bell } from "../chain/bell.ts";
import type { FinalityRule } from "../chain/confirm/finality.ts";
import { ChainMismatch } from "../chain/identity-errors.ts";
import type { Fees } from "../chain/fees/fees.ts";
import { replacementFees } from "../chain/fees/replacement.ts";
import { bindStore, genesisHash } from "../chain/genesis.ts";
import { AccountNonces } from "../chain/lane/account-nonces.ts";
import { latestOf, type OpenAttempt, type OpenNonce } from "../chain/lane/lane-ledger.ts";
import { feesOf } from "../chain/lane/replacement.ts";
import { patiently } from "../chain/patience.ts";
import { isRpcError, type Rpc } from "../chain/rpc/rpc.ts";
import type { Clock } from "../clock.ts";
import type { EventStore } from "../store/event-store.ts";
import { Awake } from "./awake.ts";
import { DurableClosed, KeyBeingCancelled, KeyReused, NonceNotOpen, SignedOtherwise, TransactionCancelled, TransactionNotTaken } from "./errors.ts";
import { Follower, hasWorkLeft } from "./follower.ts";
import { checkKey, keyOfWork, type Work, workOfHash, workOfKey } from "./keys.ts";
import { feesNow, noCap } from "./market.ts";
import type { DurableNotice } from "./notices.ts";
import { Outbox } from "./outbox.ts";
import { attemptOf, isBeingCancelled, keyOf, type KeyTold, LaneRecord, type Mined, workingAttemptOf, workOf } from "./record.ts";
import { Reserved } from "./reserved.ts";
import type { Change, Signed, TransactionKit } from "./transactions.ts";

export interface LaneNoncesParts {
  readonly store: EventStore;
  readonly rpc: Rpc;
  readonly chainId: number;
  readonly address: string;
  /** Undefined where the bytes are never seen: then nonces are only kept, and nothing is sent. */
  readonly kit: TransactionKit | undefined;
  readonly clock: Clock;
  /** Milliseconds between two looks at the chain while something is not final. */
  readonly pollMs: number;
  readonly finality: FinalityRule;
  /** Replacements and no-ops never offer more per gas, wei. */
  readonly maxFeePerGas?: bigint | undefined;
  readonly notify?: ((notice: DurableNotice) => void) | undefined;
}

/** What is to be sent. */
export interface Sending {
  /** The caller's idempotency key. */
  readonly key: string | undefined;
  /** See contentOf. */
  readonly content: string;
  /** Signs it with this nonce. May be called never, where the key is recorded. */
  readonly sign: (nonce: number) => Promise<string>;
  /** False where the library sends the bytes first; they are sent again all the same where the node has them not. */
  readonly broadcast?: boolean;
}

/** A transaction that is recorded. */
export interface Recorded {
  readonly nonce: number;
  readonly hash: string;
  readonly raw: string;
}

/** A nonce that is not final, for people. */
export interface PendingNonce {
  readonly nonce: number;
  readonly key: string | undefined;
  /** Of all its attempts, oldest first; the chain takes one of them. */
  readonly hashes: readonly string[];
  readonly cancelling: boolean;
  /** The block that has it, while it is not final. */
  readonly block: number | undefined;
}

/**
 * The nonces of one account on one chain, as columns of a durable record.
 *
 * Race: the process may die between any two steps. Mitigation: a nonce is given out in the same append that makes the signed
 * bytes of it durable, and only then are they sent; a start sends what the chain does not have again, the same bytes. What
 * remains: a broadcast told twice, which nodes ignore; a caller that died before it heard the hash finds it by its key.
 *
 * Race: two callers send under one key. Mitigation: keys are read and bound in turn, in the append that binds the nonce.
 */
export class LaneNonces {
  readonly #parts: LaneNoncesParts;
  readonly #record: LaneRecord;
  readonly #outbox: Outbox;
  readonly #follower: Follower;
  readonly #reserved: Reserved;
  readonly #awake = new Awake();
  readonly #stop = new AbortController();
  readonly #work = new Bell();
  readonly #looked = new Bell();
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #following: Promise<void> = Promise.resolve();
  #failure: unknown;

  private constructor(parts: LaneNoncesParts, record: LaneRecord) {
    this.#parts = parts;
    this.#record = record;
    const { rpc, clock, finality } = parts;
    const notify = this.#notify;
    const nonces = new AccountNonces(rpc, clock);
    this.#outbox = new Outbox({ rpc, clock, record, notify, onRefused: this.#refused, onFatal: this.#fail });
    this.#follower = new Follower({
      ...{ rpc, nonces, record, finality, notify },
      outbox: this.#outbox,
      onDisplaced: this.#displaced,
      onGap: this.#fill,
    });
    this.#reserved = new Reserved(record, nonces);
  }

  /** Reads the record; asks no node. @throws what the store throws */
  static async open(parts: LaneNoncesParts): Promise<LaneNonces> {
    return new LaneNonces(parts, await LaneRecord.open(parts.store, parts.chainId, parts.address));
  }

  get address(): string {
    return this.#record.address;
  }

  get chainId(): number {
    return this.#parts.chainId;
  }

  /**
   * Checks the chain, brings the ledger together with it, sends again what is not mined, and follows it from then on. Once;
   * after an error the next call begins anew.
   * @throws ChainMismatch, GenesisMismatch, RpcUnanswered, RpcRefused
   */
  resume(): Promise<void> {
    this.#checkAlive();
    this.#starting ??= this.#awake
      .during(() => this.#start())
      .catch((error: unknown) => {
        this.#starting = undefined;
        throw error;
      });
    return this.#starting;
  }

  /**
   * Gives out a nonce: signs and makes durable in one step, in turn; then the bytes are sent. Resolves when the node has
   * answered or it is in doubt whether it has: either way they are sent until they are mined.
   * @throws KeyReused, KeyBeingCancelled, InvalidKey, SignedOtherwise, UnsupportedTransaction, what `sign` and the store throw:
   *   nothing was sent
   * @throws TransactionNotTaken where the node will never have these bytes
   */
  send(sending: Sending): Promise<Recorded> {
    return this.#awake.during(async () => {
      if (sending.key !== undefined) checkKey(sending.key);
      await this.resume();
      const recorded = await this.#record.inTurn(() => this.#allocate(sending));
      return sending.broadcast === false ? recorded : this.announced(recorded);
    });
  }

  /** What the node says to recorded bytes first. @throws TransactionNotTaken */
  async announced(recorded: Recorded): Promise<Recorded> {
    const { hash, nonce } = recorded;
    const answer = await this.#awake.during(() => this.#outbox.answerOf(nonce, hash));
    if (answer.kind === "refused") throw new TransactionNotTaken(hash, nonce, answer.reason);
    return recorded;
  }

  /** Sends recorded bytes now, whatever was sent before. Undefined where they are not recorded, or final. @throws TransactionNotTaken */
  async announce(hash: string): Promise<Recorded | undefined> {
    const attempt = this.#record.attemptOf(hash);
    if (!attempt) return undefined;
    const recorded = await this.#recordedOf(attempt);
    if (!this.#outbox.isWanted(recorded.nonce, hash)) return recorded; // mined, or replaced
    this.#outbox.send(recorded.nonce, recorded.hash, recorded.raw);
    return this.announced(recorded);
  }

  /**
   * The transaction that this key stands for; undefined where it is free. Asks no node.
   * @param content when given, the key must stand for it
   * @throws KeyReused, KeyBeingCancelled, InvalidKey
   */
  async recorded(key: string, content?: string): Promise<Recorded | undefined> {
    checkKey(key);
    this.#checkAlive();
    return this.#record.inTurn(() => this.#recordedUnder(key, content));
  }

  /** Everything that is not final, lowest nonce first. */
  pending(): PendingNonce[] {
    return [...this.#record.state.open.values()]
      .sort((a, b) => a.nonce - b.nonce)
      .map((open) => ({
        nonce: open.nonce,
        key: keyOf(open),
        hashes: open.attempts.map(({ hash }) => hash),
        cancelling: isBeingCancelled(open),
        block: this.#record.minedAt(open.nonce)?.block,
      }));
  }

  /** Where the transaction is in a canonical block; waits until it is. @throws TransactionCancelled, and what stopped the following */
  included(which: { readonly hash: string } | { readonly key: string }, signal?: AbortSignal): Promise<{ readonly hash: string } | undefined> {
    const work = "key" in which ? workOfKey(which.key) : this.#workOf(which.hash);
    return this.#awake.during(async () => {
      await this.resume();
      for (;;) {
        const rung = this.#looked.next();
        const found = await this.#inclusionOf(work);
        if (found || signal?.aborted) return found;
        this.#checkAlive();
        const aborted = signal && new Promise<void>((resolve) => { signal.addEventListener("abort", () => { resolve(); }, { once: true }); }); // prettier-ignore
        await Promise.race([rung, ...(aborted ? [aborted] : [])]);
      }
    });
  }

  /** Waits until nothing is left that is not final. */
  async settled(): Promise<void> {
    await this.#awake.during(async () => {
      await this.resume();
      while (this.#record.state.open.size > 0) {
        this.#checkAlive();
        await this.#looked.next();
      }
    });
  }

  /**
   * A further attempt of a nonce: the same transaction at higher fees, 12.5 % more on both at least. Durable before it is
   * sent; whichever attempt the chain takes, it takes one.
   * @throws NonceNotOpen, FeeCapReached, RpcUnanswered, RpcRefused, TransactionNotTaken
   */
  replace(which: number | string, fees?: Fees): Promise<Recorded> {
    return this.#further(which, fees, async (kit, former, raised) => kit.resign(await this.#record.bytesOf(former), { fees: raised }));
  }

  /**
   * A further attempt of a nonce that does nothing. Which of them the chain took is known when the nonce is final; a key is
   * free from then on if it was the no-op.
   * @throws NonceNotOpen, FeeCapReached, RpcUnanswered, RpcRefused
   */
  cancel(which: number | string, fees?: Fees): Promise<Recorded> {
    return this.#further(which, fees, (kit, former, raised) => kit.noOp(former.nonce, raised), true);
  }

  /** A nonce for bytes that will not be seen; durable when it resolves. Higher than all before, or one that was given back. */
  async reserve(): Promise<number> {
    await this.resume();
    return this.#awake.during(() => this.#reserved.next());
  }

  /** A reserved nonce that is not in use after all, as far as its caller knows. */
  giveBack(nonce: number): void {
    this.#reserved.giveBack(nonce);
  }

  /** What the next nonce would be now; for estimates. */
  get nextNonce(): number {
    return this.#record.nextNonce;
  }

  /** Stops sending and following. What is recorded is sent by the next start. */
  close(): Promise<void> {
    return (this.#closing ??= this.#awake.during(() => this.#close()));
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    this.#work.ring();
    await this.#starting?.catch(() => undefined);
    await this.#outbox.close();
    await this.#following;
    await this.#record.inTurn(() => this.#record.saveSnapshot(true)).catch(this.#trouble);
    this.#looked.ring(); // whoever still waits hears that it is closed
  }

  async #start(): Promise<void> {
    const { rpc, store, chainId, clock } = this.#parts;
    const actual = Number(await patiently(clock, () => rpc.request<string>("eth_chainId", [])));
    if (actual !== chainId) throw new ChainMismatch(chainId, actual);
    await bindStore(store, { chainId, genesisHash: await patiently(clock, () => genesisHash(rpc)) });
    const counts = await patiently(clock, () => this.#follower.reconcile());
    if (this.#parts.kit) for (const { nonce } of this.#record.unmined()) await this.#outbox.sendAgain(nonce);
    else this.#reserved.begin(counts);
    this.#following = this.#follow();
  }

  /** Looks at the chain while anything is not final; sleeps otherwise, without a timer. */
  async #follow(): Promise<void> {
    const { clock, pollMs } = this.#parts;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const work = this.#work.next();
      if (this.#record.state.open.size === 0) {
        this.#looked.ring();
        await work;
        continue;
      }
      try {
        await this.#follower.look();
      } catch (error) {
        if (signal.aborted) return;
        if (!isRpcError(error)) {
          this.#fail(error);
          return;
        }
        this.#trouble(error);
      }
      this.#looked.ring();
      await clock.pause(pollMs, signal);
    }
  }

  /** In turn only. */
  async #allocate({ key, content, sign, broadcast = true }: Sending): Promise<Recorded> {
    this.#checkAlive();
    const known = key === undefined ? undefined : await this.#recordedUnder(key, content);
    if (known) return known;
    const { nextNonce } = this.#record;
    const signed = this.#read(await sign(nextNonce), nextNonce);
    if (signed.content !== content) throw new SignedOtherwise("the content", content, signed.content);
    const attempt = attemptOf(signed, key === undefined ? "own" : workOfKey(key));
    const { nonce, hash, raw } = attempt;
    const bound: KeyTold[] = key === undefined ? [] : [{ key, event: { kind: "bound", data: { nonce, hash, content } } }];
    await this.#record.append([{ kind: "attempted", data: attempt }], bound);
    if (broadcast) this.#outbox.send(nonce, hash, raw);
    this.#work.ring();
    return { nonce, hash, raw };
  }

  /** In turn only. */
  async #recordedUnder(key: string, content: string | undefined): Promise<Recorded | undefined> {
    const { bound } = await this.#record.readKey(key);
    if (!bound) return undefined;
    if (content !== undefined && content !== bound.content) throw new KeyReused(key, bound.hash);
    const open = this.#record.carrierOf(workOfKey(key));
    if (open && isBeingCancelled(open)) throw new KeyBeingCancelled(key, open.nonce);
    const attempt = open && workingAttemptOf(open);
    if (attempt) return this.#recordedOf(attempt);
    const raw = await this.#record.bytesOfHash(bound.hash);
    if (raw === undefined) throw new TypeError(`the ledger of ${this.address} has no bytes for ${bound.hash}`);
    return { nonce: bound.nonce, hash: bound.hash, raw };
  }

  #further(
    which: number | string,
    given: Fees | undefined,
    sign: (kit: TransactionKit, former: OpenAttempt, fees: Fees) => Promise<string>,
    cancels = false,
  ): Promise<Recorded> {
    return this.#awake.during(async () => {
      await this.resume();
      const cap = this.#parts.maxFeePerGas ?? noCap;
      const wanted = given ?? (await patiently(this.#parts.clock, () => feesNow(this.#parts.rpc, cap)));
      const recorded = await this.#record.inTurn(async () => {
        const open = this.#openFor(which);
        const former = latestOf(open);
        const work = cancels || isBeingCancelled(open) ? "none" : (workOf(open) ?? "none");
        return this.#attempt(former, work, await sign(this.#kit, former, replacementFees(feesOf(former), wanted, { maxFeePerGas: cap })));
      });
      this.#notify({ kind: cancels ? "cancelled" : "replaced", nonce: recorded.nonce, hash: recorded.hash });
      return this.announced(recorded);
    });
  }

  /** In turn only: one more attempt of an open nonce, durable, then sent. */
  async #attempt({ nonce }: OpenAttempt, work: Work | "none", raw: string): Promise<Recorded> {
    const attempt = attemptOf(this.#read(raw, nonce), work);
    await this.#record.append([{ kind: "attempted", data: attempt }]);
    this.#outbox.release(nonce); // the former bytes are not sent any more
    this.#outbox.send(nonce, attempt.hash, raw);
    return { nonce, hash: attempt.hash, raw };
  }

  /** The node will never take it: a no-op takes its nonce. */
  readonly #refused = async (hash: string): Promise<void> => {
    await this.#record.inTurn(async () => {
      const attempt = this.#record.attemptOf(hash);
      const open = attempt && this.#record.openAt(attempt.nonce);
      if (!open || latestOf(open).hash !== hash || isBeingCancelled(open) || this.#record.minedAt(open.nonce)) return;
      const cap = this.#parts.maxFeePerGas ?? noCap;
      const fees = replacementFees(feesOf(attempt), feesOf(attempt), { maxFeePerGas: cap });
      await this.#attempt(attempt, "none", await this.#kit.noOp(open.nonce, fees));
      this.#notify({ kind: "cancelled", nonce: open.nonce, hash: latestOf(open).hash });
    });
  };

  /** Its work is signed anew under the next nonce, and bound to it in the append that gives the old one up. */
  readonly #displaced = async (open: OpenNonce): Promise<void> => {
    const { nonce } = open;
    let to: number | undefined;
    await this.#record.inTurn(async () => {
      const now = this.#record.openAt(nonce);
      if (!now || this.#record.minedAt(nonce)) return;
      const displaced = { kind: "displaced", data: { nonce, hash: latestOf(now).hash } } as const;
      const [work, key] = [workOf(now), keyOf(now)];
      if (!work || !hasWorkLeft(now)) {
        const free: KeyTold[] = key === undefined ? [] : [{ key, event: { kind: "released", data: { nonce, hash: latestOf(now).hash } } }];
        await this.#record.append([displaced], free);
        return;
      }
      to = this.#record.nextNonce;
      const signed = this.#read(await this.#kit.resign(await this.#record.bytesOf(latestOf(now)), { nonce: to } satisfies Change), to);
      const attempt = attemptOf(signed, work);
      const { hash, raw } = attempt;
      const bound: KeyTold[] =
        key === undefined ? [] : [{ key, event: { kind: "bound", data: { nonce: to, hash, content: signed.content } } }];
      await this.#record.append([displaced, { kind: "attempted", data: attempt }], bound);
      this.#outbox.send(to, hash, raw);
    });
    this.#notify({ kind: "displaced", nonce, to });
  };

  readonly #fill = async (nonce: number): Promise<void> => {
    const { kit, rpc, maxFeePerGas = noCap } = this.#parts;
    if (!kit) return; // whoever is given a nonce next is given this one
    const fees = await feesNow(rpc, maxFeePerGas);
    await this.#record.inTurn(async () => {
      if (this.#record.openAt(nonce)) return;
      const attempt = attemptOf(this.#read(await kit.noOp(nonce, fees), nonce), "none");
      await this.#record.append([{ kind: "attempted", data: attempt }]);
      this.#outbox.send(nonce, attempt.hash, attempt.raw);
    });
  };

  /** @throws SignedOtherwise where it is not the transaction that was asked for */
  #read(raw: string, nonce: number): Signed {
    const signed = this.#kit.read(raw);
    if (signed.nonce !== nonce) throw new SignedOtherwise("nonce", nonce, signed.nonce);
    if (signed.chainId !== this.chainId) throw new SignedOtherwise("chain", this.chainId, signed.chainId);
    return signed;
  }

  async #inclusionOf(work: Work): Promise<{ readonly hash: string } | undefined> {
    const open = this.#record.carrierOf(work);
    const mined: Mined | undefined = open && this.#record.minedAt(open.nonce);
    if (open && mined) {
      if (this.#record.attemptOf(mined.hash)?.orderIds.length === 0) throw new TransactionCancelled(open.nonce, mined.hash);
      return { hash: mined.hash };
    }
    if (open) return undefined;
    const key = keyOfWork(work);
    if (key === undefined) {
      const ended = this.#record.endOf(work);
      if (ended?.noOp === true) throw new TransactionCancelled(ended.nonce, ended.hash);
      return { hash: ended?.hash ?? work.slice("tx:".length) }; // final, so the chain tells of it
    }
    const { bound } = await this.#record.readKey(key);
    if (!bound) throw new NonceNotOpen(`key ${key}`);
    return bound.final ? { hash: bound.hash } : undefined;
  }

  #workOf(hash: string): Work {
    const attempt = this.#record.attemptOf(hash);
    const open = attempt && this.#record.openAt(attempt.nonce);
    return (open && workOf(open)) ?? workOfHash(hash);
  }

  #openFor(which: number | string): OpenNonce {
    const open = typeof which === "number" ? this.#record.openAt(which) : this.#record.carrierOf(workOfKey(which));
    if (!open || this.#record.minedAt(open.nonce)) throw new NonceNotOpen(typeof which === "number" ? `nonce ${which}` : `key ${which}`);
    return open;
  }

  async #recordedOf(attempt: OpenAttempt): Promise<Recorded> {
    return { nonce: attempt.nonce, hash: attempt.hash, raw: await this.#record.bytesOf(attempt) };
  }

  get #kit(): TransactionKit {
    if (!this.#parts.kit) throw new TypeError("nonces without bytes cannot be signed for");
    return this.#parts.kit;
  }

  /** @throws DurableClosed, or what stopped it */
  #checkAlive(): void {
    if (this.#failure !== undefined) throw this.#failure as Error;
    if (this.#stop.signal.aborted) throw new DurableClosed(this.address);
  }

  readonly #notify = (notice: DurableNotice): void => {
    this.#parts.notify?.(notice);
  };

  readonly #trouble = (error: unknown): void => {
    this.#notify({ kind: "trouble", error });
  };

  readonly #fail = (error: unknown): void => {
    this.#failure ??= error;
    this.#notify({ kind: "stopped", error });
    this.#looked.ring();
  };
}
