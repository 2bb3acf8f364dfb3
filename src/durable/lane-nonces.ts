import { Bell } from "../chain/bell.ts";
import type { FinalityRule } from "../chain/confirm/finality.ts";
import { ChainMismatch } from "../chain/identity-errors.ts";
import type { Fees } from "../chain/fees/fees.ts";
import { bindStore, genesisHash } from "../chain/genesis.ts";
import { latestOf } from "../chain/lane/lane-ledger.ts";
import { feesOf } from "../chain/lane/replacement.ts";
import { AccountNonces } from "../chain/lane/account-nonces.ts";
import { patiently } from "../chain/patience.ts";
import { isRpcError, type Rpc } from "../chain/rpc/rpc.ts";
import type { Clock } from "../clock.ts";
import type { EventStore } from "../store/event-store.ts";
import { Attempts, type Recorded, type Sending } from "./attempts.ts";
import { Awake } from "./awake.ts";
import { TransactionNotTaken } from "./errors.ts";
import { Follower } from "./follower.ts";
import { hinted } from "./hints.ts";
import { type Included, Inclusion, type Which } from "./inclusion.ts";
import { checkKey } from "./keys.ts";
import { Life } from "./life.ts";
import { feesNow, noCap, noOpGasNow } from "./market.ts";
import type { DurableNotice } from "./notices.ts";
import { Outbox } from "./outbox.ts";
import { isBeingCancelled, keyOf, LaneRecord } from "./record.ts";
import { PatientReads } from "./patient-reads.ts";
import { Reserved } from "./reserved.ts";
import { Signing, usualSigningTimeoutMs } from "./signing.ts";
import type { TransactionKit } from "./transactions.ts";

export type { Recorded, Sending } from "./attempts.ts";
export type { Included, Which } from "./inclusion.ts";

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
  /** Gas of a no-op. Default: what the node estimates. */
  readonly noOpGas?: number | undefined;
  /** Milliseconds that a signature may take. Default 120,000. */
  readonly signingTimeoutMs?: number | undefined;
  readonly notify?: ((notice: DurableNotice) => void) | undefined;
  /**
   * What becomes of a transaction when another one has its nonce for good. `sent anew`: under the next nonce. `let go`: it
   * ends as one that was cancelled, for callers who decide anew by what the chain says then. Default `sent anew`.
   */
  readonly displaced?: "sent anew" | "let go";
  /** Keeps the process alive while somebody waits; tests, where processes die without ending, replace it. */
  readonly awake?: Pick<Awake, "during">;
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
  /** What the newest attempt offers, wei per gas. */
  readonly fees: Fees;
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
  readonly #attempts: Attempts;
  readonly #follower: Follower;
  readonly #reserved: Reserved;
  readonly #awake: Pick<Awake, "during">;
  readonly #life: Life;
  readonly #work = new Bell();
  readonly #looked = new Bell();
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #following: Promise<void> = Promise.resolve();

  private constructor(parts: LaneNoncesParts, record: LaneRecord) {
    this.#parts = parts;
    this.#record = record;
    this.#awake = parts.awake ?? new Awake();
    const { rpc, clock, finality, kit, chainId, address, maxFeePerGas: cap = noCap } = parts;
    const onFail = (): void => {
      outbox.abandon();
      this.#work.ring();
      this.#looked.ring();
    };
    const life = new Life({ address, notify: parts.notify, onFail });
    const { notify, fail, checkAlive, ended } = life;
    const reads = new PatientReads(rpc, clock);
    const nonces = new AccountNonces(reads, clock);
    const onRefused = async (hash: string): Promise<boolean> => (await life.orTrouble(() => attempts.giveUp(hash))) === true;
    const outbox = new Outbox({ rpc, clock, record, notify, onRefused, onFatal: fail });
    const { signingTimeoutMs: limitMs = usualSigningTimeoutMs } = parts;
    const signing = new Signing({ address, limitMs, ended, checkAlive });
    const noOpGas = (): Promise<number> => (parts.noOpGas === undefined ? noOpGasNow(reads, address) : Promise.resolve(parts.noOpGas));
    const movesOn = parts.displaced !== "let go";
    const attempts = new Attempts({ noOpGas, record, outbox, kit, chainId, cap, notify, signing, movesOn, onDoubt: fail });
    this.#life = life;
    this.#outbox = outbox;
    this.#attempts = attempts;
    this.#follower = new Follower({
      ...{ rpc: reads, nonces, record, outbox, finality, notify },
      onDisplaced: (open) => life.orTrouble(() => attempts.moveOn(open)),
      // Where the bytes are not seen, whoever is given a nonce next is given this one.
      onGap: (nonce) =>
        life.orTrouble(async () => {
          if (kit) await attempts.fill(nonce, await feesNow(rpc, cap));
        }),
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
    this.#life.checkAlive();
    this.#starting ??= this.#awake
      .during(() => this.#start())
      .catch((error: unknown) => {
        this.#starting = undefined;
        throw hinted(error);
      });
    return this.#starting;
  }

  /**
   * Gives out a nonce: signs and makes durable in one step, in turn; then the bytes are sent. Resolves when the node has
   * answered or it is in doubt whether it has: either way they are sent until they are mined.
   * @throws KeyReused, KeyBeingCancelled, InvalidKey, SignedOtherwise, SignatureTimedOut, UnsupportedTransaction, what `sign`
   *   throws: nothing was recorded or sent
   * @throws RecordInDoubt: nothing was sent, and it is if a new start finds it recorded
   * @throws TransactionNotTaken where the node said that it will never have these bytes, and a no-op in their place is final
   */
  send(sending: Sending): Promise<Recorded> {
    return this.#awake.during(async () => {
      if (sending.key !== undefined) checkKey(sending.key);
      await this.resume();
      this.#life.checkAlive();
      const recorded = await this.#attempts.first(sending);
      this.#work.ring();
      return sending.broadcast === false ? recorded : this.announced(recorded);
    });
  }

  /** Waits for what the node says to recorded bytes first; what it refuses is waited for until it is certain. @throws TransactionNotTaken */
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
    const recorded = await this.#attempts.recordedOf(attempt);
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
    this.#life.checkAlive();
    return this.#attempts.recorded(key, content);
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
        fees: feesOf(latestOf(open)),
      }));
  }

  /**
   * Where the transaction is, as far as the record says now; undefined while no canonical block is known to have it. Asks no
   * node.
   * @throws NonceNotOpen where it is not recorded, or the key is free
   * @throws TransactionCancelled when that is final, and what stopped the following
   */
  async found(which: Which): Promise<Included | undefined> {
    this.#life.checkAlive();
    return (await Inclusion.of(this.#record, which)).look();
  }

  /**
   * The same, and waits until a canonical block has it. Follows replacements, reorgs and new nonces; undefined where `signal`
   * ended the wait.
   * @throws NonceNotOpen, TransactionCancelled, and what stopped the following
   */
  included(which: Which, signal?: AbortSignal): Promise<Included | undefined> {
    const aborted = Promise.withResolvers<undefined>();
    const abort = (): void => {
      aborted.resolve(undefined);
    };
    signal?.addEventListener("abort", abort);
    const wait = this.#awake.during(async () => {
      this.#life.checkAlive();
      const inclusion = await Inclusion.of(this.#record, which);
      while (!(await this.#isStarted()) && signal?.aborted !== true) await this.#parts.clock.pause(this.#parts.pollMs, signal);
      for (;;) {
        const rung = this.#looked.next();
        const found = await inclusion.look();
        if (found || signal?.aborted === true) return found;
        this.#life.checkAlive();
        await Promise.race([rung, aborted.promise]);
      }
    });
    return wait.finally(() => signal?.removeEventListener("abort", abort));
  }

  /** Waits until nothing is left that is not final. */
  async settled(): Promise<void> {
    await this.#awake.during(async () => {
      await this.resume();
      while (this.#record.state.open.size > 0) {
        this.#life.checkAlive();
        await this.#looked.next();
      }
    });
  }

  /**
   * A further attempt of a nonce: the same transaction at higher fees, 12.5 % more on both at least. Durable before it is
   * sent; whichever attempt the chain takes, it takes one.
   * @throws NonceNotOpen, FeeCapReached, RpcUnanswered, RpcRefused, SignatureTimedOut, RecordInDoubt, TransactionNotTaken
   */
  replace(which: number | string, fees?: Fees): Promise<Recorded> {
    return this.#priced(fees, (wanted) => this.#attempts.replace(which, wanted));
  }

  /**
   * A further attempt of a nonce that does nothing. Which of them the chain took is known when the nonce is final; a key is
   * free from then on if it was the no-op.
   * @throws NonceNotOpen, FeeCapReached, RpcUnanswered, RpcRefused, SignatureTimedOut, RecordInDoubt
   */
  cancel(which: number | string, fees?: Fees): Promise<Recorded> {
    return this.#priced(fees, (wanted) => this.#attempts.cancel(which, wanted));
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

  /** At the given fees, or at those of the market. */
  #priced(given: Fees | undefined, further: (wanted: Fees) => Promise<Recorded>): Promise<Recorded> {
    const { clock, rpc, maxFeePerGas = noCap } = this.#parts;
    return this.#awake.during(async () => {
      await this.resume();
      const recorded = async (): Promise<Recorded> => further(given ?? (await patiently(clock, () => feesNow(rpc, maxFeePerGas))));
      return this.announced(
        await recorded().catch((error: unknown) => {
          throw hinted(error);
        }),
      );
    });
  }

  async #close(): Promise<void> {
    this.#life.close();
    this.#work.ring();
    await this.#starting?.catch(() => undefined); // heard by whoever started it
    await this.#outbox.close();
    await this.#following;
    await this.#record.inTurn(() => this.#record.saveSnapshot(true)).catch(this.#life.trouble);
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
    while (!this.#life.isOver) {
      const work = this.#work.next();
      if (this.#record.state.open.size === 0) {
        this.#looked.ring();
        await work;
        continue;
      }
      try {
        await this.#life.orTrouble(() => this.#follower.look());
      } catch (error) {
        this.#life.fail(error);
        return;
      }
      this.#looked.ring();
      await clock.pause(pollMs, this.#life.closed);
    }
  }

  /** Whether the start has succeeded; a node that does not answer is asked again later. */
  async #isStarted(): Promise<boolean> {
    try {
      await this.resume();
      return true;
    } catch (error) {
      if (!isRpcError(error)) throw error;
      this.#life.trouble(error);
      return false;
    }
  }
}
