import { availableParallelism } from "node:os";
import type { Secret } from "../secret.ts";
import { beside, Thread } from "../sqlite/index.ts";
import { keyBytes, nativeSigner, type Redemption, toHex, type VoucherDomain } from "../voucher/index.ts";
import { type BulkSigner, inline } from "./bulk-signer.ts";
import { SigningFailed, SigningPoolClosed } from "./errors.ts";
import { pack, PACKED_BYTES, SIGNATURE_BYTES } from "./packed.ts";

/** What a thread gets when it starts. */
export interface SignerData {
  /** The private key's 32 bytes, in memory of their own: posting a part of a buffer sends the whole buffer. */
  readonly key: Uint8Array;
}

export type ToSigner =
  { readonly kind: "sign"; readonly id: number; readonly domain: VoucherDomain; readonly packed: Uint8Array } | { readonly kind: "close" };

export interface FromSigner {
  readonly id: number;
  /** 65 bytes for each redemption. */
  readonly signatures: Uint8Array;
}

export interface SigningPoolOptions {
  /** 32 bytes, or 64 hexadecimal digits with or without `0x`. */
  readonly key: Secret;
  /** Threads; as many as the machine runs side by side unless told otherwise. */
  readonly threads?: number;
  /** Fewer vouchers than this are signed in the calling thread: waking one and hearing of it takes as long. */
  readonly fewest?: number;
  /** Vouchers in one message to a thread. */
  readonly perMessage?: number;
  /** The thread's program; another one for tests. */
  readonly program?: URL;
}

/**
 * By measurement (`node bench/issuing.ts --sizes`): what fits into one message has nothing to share between threads, and is
 * signed sooner in place; larger messages are no faster.
 */
const sizes = { fewest: 64, perMessage: 64 };
/** Messages that a thread has at a time: one that it works on, and the next one. */
const perThread = 2;
/** Messages that may wait for each thread before callers have to. */
const mostWaiting = 8;
/** Threads that may die over one message. */
const mostTries = 3;

/** Vouchers on their way through a thread. The redemptions are kept until they are signed: a thread may die over them. */
interface Piece {
  readonly id: number;
  readonly domain: VoucherDomain;
  readonly packed: Uint8Array;
  readonly signed: PromiseWithResolvers<Uint8Array>;
  tries: number;
}

interface Seat {
  readonly thread: Thread<ToSigner, FromSigner>;
  readonly doing: Map<number, Piece>;
}

/**
 * Signs in threads of its own, each with the native library. They start with the first work that is worth it.
 *
 * Race: a thread dies with work in its hands. Mitigation: signing is deterministic (RFC 6979), so the same vouchers are
 * given to another thread and have the same signatures. What remains: work over which three threads died is refused.
 */
export class SigningPool implements BulkSigner {
  readonly address: string;
  readonly #inline: BulkSigner;
  readonly #data: SignerData;
  readonly #size: number;
  readonly #program: URL;
  readonly #fewest: number;
  readonly #perMessage: number;
  readonly #seats = new Set<Seat>();
  #waiting: Piece[] = [];
  /** Callers that wait for room, in their order. */
  readonly #callers: (() => void)[] = [];
  #under = 0;
  #lastId = 0;
  #closed = false;
  /** Resolves when nothing is under way after `close`. */
  readonly #drained = Promise.withResolvers<undefined>();

  /** @throws InvalidPrivateKey */
  constructor({ key, threads = availableParallelism(), program, ...options }: SigningPoolOptions) {
    ({ fewest: this.#fewest, perMessage: this.#perMessage } = { ...sizes, ...options });
    const signer = nativeSigner(key);
    this.address = signer.address;
    this.#inline = inline(signer);
    this.#data = { key: keyBytes(key) };
    this.#size = Math.max(1, threads);
    this.#program = program ?? beside("signing-thread", import.meta.url);
  }

  /** @throws InvalidRedemption, SigningPoolClosed, SigningFailed */
  async sign(domain: VoucherDomain, redemptions: readonly Redemption[]): Promise<string[]> {
    if (this.#closed) throw new SigningPoolClosed();
    if (redemptions.length < this.#fewest) return this.#inline.sign(domain, redemptions);
    const packed = pack(redemptions);
    this.#under++;
    try {
      const pieces: Promise<Uint8Array>[] = [];
      for (let start = 0; start < redemptions.length; start += this.#perMessage) {
        while (this.#waiting.length >= this.#size * mostWaiting) await new Promise<void>((resolve) => this.#callers.push(resolve));
        const piece = this.#take(domain, packed.subarray(start * PACKED_BYTES, (start + this.#perMessage) * PACKED_BYTES));
        piece.catch(() => undefined); // heard below, perhaps later than it fails
        pieces.push(piece);
      }
      return (await Promise.all(pieces)).flatMap(signaturesOf);
    } finally {
      this.#under--;
      this.#drain();
    }
  }

  /** Signs what is under way and ends the threads; calls after it throw SigningPoolClosed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#drain();
    await this.#drained.promise;
    const seats = [...this.#seats];
    this.#seats.clear();
    for (const { thread } of seats) {
      thread.await(); // so that the process does not end before its threads have
      thread.post({ kind: "close" });
    }
    await Promise.all(seats.map(({ thread }) => thread.ended));
  }

  #drain(): void {
    if (this.#closed && this.#under === 0) this.#drained.resolve(undefined);
  }

  #take(domain: VoucherDomain, packed: Uint8Array): Promise<Uint8Array> {
    const signed = Promise.withResolvers<Uint8Array>();
    // A copy of its own, for posting a part of a buffer sends the whole buffer.
    this.#waiting.push({ id: ++this.#lastId, domain, packed: packed.slice(), signed, tries: 0 });
    this.#feed();
    return signed.promise;
  }

  /** Gives what waits to threads that have room, the idlest first; starts them where there are too few. */
  #feed(): void {
    while (this.#waiting.length > 0) {
      const seat = this.#freest();
      if (!seat) return;
      const piece = this.#waiting.shift();
      if (!piece) return;
      seat.doing.set(piece.id, piece);
      seat.thread.await();
      seat.thread.post({ kind: "sign", id: piece.id, domain: piece.domain, packed: piece.packed });
      this.#callers.shift()?.();
    }
  }

  #freest(): Seat | undefined {
    const [seat] = [...this.#seats].sort((a, b) => a.doing.size - b.doing.size);
    if (this.#seats.size < this.#size && (seat === undefined || seat.doing.size > 0)) return this.#start();
    return seat && seat.doing.size < perThread ? seat : undefined;
  }

  #start(): Seat {
    const doing = new Map<number, Piece>();
    const thread = new Thread<ToSigner, FromSigner>(
      this.#program,
      this.#data,
      ({ id, signatures }) => {
        const piece = doing.get(id);
        doing.delete(id);
        thread.settle();
        piece?.signed.resolve(signatures);
        this.#feed();
      },
      (reason) => {
        this.#ended(seat, reason);
      },
    );
    const seat: Seat = { thread, doing };
    this.#seats.add(seat);
    return seat;
  }

  /** What the thread had in its hands goes to another one, first in line. */
  #ended(seat: Seat, reason: Error | undefined): void {
    this.#seats.delete(seat);
    const left = [...seat.doing.values()];
    for (const piece of left) piece.tries++;
    for (const piece of left.filter(({ tries }) => tries >= mostTries)) piece.signed.reject(new SigningFailed(piece.tries, reason));
    this.#waiting = [...left.filter(({ tries }) => tries < mostTries), ...this.#waiting];
    this.#feed();
  }
}

function signaturesOf(signatures: Uint8Array): string[] {
  return Array.from({ length: signatures.length / SIGNATURE_BYTES }, (_, i) =>
    toHex(signatures.subarray(i * SIGNATURE_BYTES, (i + 1) * SIGNATURE_BYTES)),
  );
}
