import { setImmediate } from "node:timers/promises";
import {
  type DrawnNumbers,
  IllegalTransition,
  type MintRequest,
  type OrderBook,
  type Told,
  TooManyIssuedVouchers,
  userOf,
  type VoucherBinding,
  VoucherNumberChanged,
} from "../order/index.ts";
import type { SignedVoucher, VoucherDomain } from "../voucher/index.ts";
import type { BulkSigner } from "./bulk-signer.ts";
import { IssueSizeOutOfRange, VoucherNotIssued } from "./errors.ts";
import { checkSignable } from "./packed.ts";
import {
  type Bound,
  isRuled,
  isUnbound,
  type Issued,
  redemptionOf,
  type Ruling,
  ruling,
  type Setting,
  type Unbound,
  whyNot,
} from "./ruling.ts";
import { checkWindow } from "./window.ts";

/** Most requests of one call. */
export const MAX_ISSUE = 65_536;

/** Requests that are accepted in one append; bounds how long the event loop is held. */
const perAppend = 128;
/** Appends whose vouchers are made ahead of the one that the caller looks at; bounds memory. */
const mostAhead = 8;

export interface IssuerParts {
  readonly book: Pick<OrderBook, "issue" | "execute" | "get" | "countNew" | "issueRoom" | "maxIssued">;
  /** Dense voucher numbers, durable as leased. Numbers of one user lie close together. */
  readonly numbers: { reserve(count: number, user?: string): Promise<readonly bigint[]> };
  /** Of orders that the service has begun to sign for. Default: nobody but this issuer signs for them. */
  readonly drawn?: DrawnNumbers;
  readonly signer: BulkSigner;
  readonly domain: VoucherDomain;
  /** Chain time now, in whole seconds since 1970, for new windows. May refuse to say: CLOCK_UNCERTAIN, and nothing is issued then. */
  readonly clock: { second(): number };
  /** The same as well as it is known, to tell which windows have passed; never refuses. Default: `clock`. */
  readonly roughly?: () => number;
}

export interface IssueOptions {
  /** Second from which new vouchers hold, for 300 s. Default: now, by the clock. May lie up to a year ahead. */
  readonly from?: number;
  /** Vouchers whose window has passed are issued again, with the same number; otherwise they are reported. */
  readonly renew?: boolean;
  /** Whose numbers are to lie close together; default: the user of the first request. */
  readonly user?: string;
}

/**
 * Stage 1: accepts orders and hands out their vouchers, which anybody redeems. Knows no chain.
 *
 * The order, its number and its second are durable before a voucher leaves; a repeated request is answered from them, and
 * signing is deterministic, so the answer is the same to the byte.
 *
 * Race: the service takes an order for a transaction while its voucher is being issued. Mitigation: the number and second are
 * recorded by the order's own table, which lets one of them win; the other one is told `underway`, or begins anew. Both sign
 * under the number that was claimed first, since the service shows its voucher to an endpoint before it is recorded.
 * What remains: a process that dies when it has shown a voucher, and an endpoint that redeems what it was shown in a call.
 */
export class Issuer {
  readonly #parts: IssuerParts;

  constructor(parts: IssuerParts) {
    this.#parts = parts;
  }

  /** The address that signs. */
  get address(): string {
    return this.#parts.signer.address;
  }

  get domain(): VoucherDomain {
    return this.#parts.domain;
  }

  /**
   * Issues vouchers for the requests, in their order. Memory does not grow with their number: vouchers are made a little
   * ahead of what the caller takes. What was given out before it throws stands, and so does what was accepted ahead of it:
   * the same requests go on from there.
   * @param requests 1..65,536
   * @throws IssueSizeOutOfRange, WindowOutOfRange, InvalidRedemption, TooManyIssuedVouchers, CLOCK_UNCERTAIN: nothing was
   * written; save where time, the clock's certainty or the room ran out in the middle of a list
   * @throws what store, numbers and signer throw
   */
  async *issue(requests: readonly MintRequest[], options: IssueOptions = {}): AsyncGenerator<Issued> {
    const { clock, roughly = () => clock.second() } = this.#parts;
    const { from, renew = false } = options;
    if (from !== undefined) checkWindow(from, roughly());
    const first = await this.#check(requests);
    if (from === undefined && (first > 0 || renew)) clock.second(); // refused before anything is written, or not at all
    const [foremost] = requests;
    const user = options.user ?? (foremost ? userOf(foremost) : "");
    const ahead: Promise<Issued[]>[] = [];
    for (let next = 0; next < requests.length || ahead.length > 0;) {
      for (; ahead.length < mostAhead && next < requests.length; next += perAppend) {
        const made = this.#make(requests.slice(next, next + perAppend), { now: roughly(), from: this.#beginning(from), user, renew });
        made.catch(() => undefined); // heard when its turn comes
        ahead.push(made);
        await setImmediate();
      }
      yield* (await ahead.shift()) ?? [];
    }
  }

  /**
   * The second of the new windows of one append, taken when the first of them is bound: a list that takes long, or whose
   * caller does, is not bound to a window that has passed meanwhile. What is bound is durable, so that asking again gives it.
   */
  #beginning(from: number | undefined): () => number {
    const { clock, roughly = () => clock.second() } = this.#parts;
    let second: number | undefined;
    return () => {
      if (from !== undefined && second === undefined) checkWindow(from, roughly());
      return (second ??= from ?? clock.second());
    };
  }

  /**
   * One voucher.
   * @throws IdempotencyConflict, VoucherNotIssued (expired and not to be renewed, on its way, minted, rejected), and as `issue`
   */
  async issueOne(request: MintRequest, options: IssueOptions = {}): Promise<SignedVoucher> {
    for await (const issued of this.issue([request], options)) {
      if ("voucher" in issued) return issued.voucher;
      throw issued.outcome === "conflict" ? issued.error : new VoucherNotIssued(request.orderId, ...whyNot(issued));
    }
    throw new TypeError("one request has one outcome");
  }

  /** How many of the requests are to get their first voucher; none counts twice. */
  async #check(requests: readonly MintRequest[]): Promise<number> {
    const { book } = this.#parts;
    const { length } = requests;
    if (length < 1 || length > MAX_ISSUE) throw new IssueSizeOutOfRange(length, MAX_ISSUE);
    const seen = new Set<string>();
    let first = 0;
    for (let start = 0; start < length; start += 1_024) {
      const some = requests.slice(start, start + 1_024);
      for (const request of some) checkSignable(request);
      const ids = [...new Set(some.map(({ orderId }) => orderId))].filter((orderId) => !seen.has(orderId));
      for (const orderId of ids) seen.add(orderId);
      first += ids.filter((orderId) => book.get(orderId)?.kind === "requested").length + (await book.countNew(ids));
      await setImmediate();
    }
    this.#checkRoom(first);
    return first;
  }

  #checkRoom(first: number): void {
    const { book } = this.#parts;
    if (first > book.issueRoom) throw new TooManyIssuedVouchers(book.maxIssued);
  }

  async #make(requests: readonly MintRequest[], setting: Setting): Promise<Issued[]> {
    const rulings = await this.#record(requests, setting);
    await setImmediate(); // recording and packing are a turn of the event loop each
    const handedOut = rulings.flatMap((ruling) => ("binding" in ruling ? redemptionOf(ruling) : []));
    const { signer, domain } = this.#parts;
    const signatures = (await signer.sign(domain, handedOut)).values();
    const redemptions = handedOut.values();
    return rulings.map((ruling): Issued => {
      if (!("binding" in ruling)) return ruling;
      const [redemption, signature] = [redemptions.next().value, signatures.next().value];
      if (!redemption || !signature) throw new TypeError("every voucher has a signature");
      return { outcome: ruling.outcome, orderId: redemption.orderId, voucher: { domain, redemption, signature } };
    });
  }

  /** Accepts what is new, in one append with its vouchers' numbers, and binds anew what may be. Durable when it resolves. */
  async #record(requests: readonly MintRequest[], setting: Setting): Promise<Ruling[]> {
    const { book } = this.#parts;
    const outcomes = await book.issue(requests, (fresh) => this.#bind(fresh.length, setting));
    const rulings = outcomes.map((outcome, i) => ruling(requests[i], outcome, setting));
    const unbound = [...new Map(rulings.filter(isUnbound).map((each) => [each.request.orderId, each])).values()];
    if (unbound.length === 0) return rulings.filter(isRuled);
    // Accepted without a voucher, e.g. for the service, which has not begun with it; or renewed.
    const { drawn } = this.#parts;
    const second = setting.from();
    const numbers = (await this.#numbersFor(unbound, setting)).values();
    const numberOf = (orderId: string): string => {
      const known = drawn?.of(orderId);
      if (known !== undefined) return known;
      const fresh = String(numbers.next().value);
      return drawn?.claim(orderId, fresh) ?? fresh;
    };
    const bound = new Map(
      unbound.map(({ request, number, outcome }): [string, Bound] => {
        const binding = { number: number ?? numberOf(request.orderId), second };
        return [request.orderId, { outcome, request, binding }];
      }),
    );
    await this.#authorise([...bound.values()]);
    return rulings.map((each): Ruling => (isUnbound(each) ? this.#asRecorded(bound.get(each.request.orderId), each.request) : each));
  }

  async #bind(count: number, { user, from }: Setting): Promise<VoucherBinding[]> {
    const second = from(); // refuses before numbers are taken
    const numbers = await this.#parts.numbers.reserve(count, user);
    return numbers.map((number) => ({ number: number.toString(), second }));
  }

  async #numbersFor(unbound: readonly Unbound[], { user }: Setting): Promise<readonly bigint[]> {
    const missing = unbound.filter(({ number }) => number === undefined).length;
    this.#checkRoom(missing); // other calls may have taken it; what they are just binding may pass the bound
    return missing === 0 ? [] : await this.#parts.numbers.reserve(missing, user);
  }

  /** All together; where the service was quicker with one of them, one by one. */
  async #authorise(bound: readonly Bound[]): Promise<void> {
    const { book } = this.#parts;
    const told = bound.map(({ request, binding }): Told => ({
      orderId: request.orderId,
      command: { kind: "authorise", voucher: binding },
    }));
    try {
      await book.execute(told);
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      for (const one of told) {
        await book.execute([one]).catch((reason: unknown) => {
          if (!isOvertaken(reason)) throw reason;
        });
      }
    }
  }

  /** Held against the record, for commands may be overtaken or put off: no voucher leaves that is not durable. */
  #asRecorded(bound: Bound | undefined, { orderId }: MintRequest): Ruling {
    const order = this.#parts.book.get(orderId);
    const stands =
      bound &&
      order?.kind === "authorised" &&
      order.voucher?.number === bound.binding.number &&
      order.voucher.second === bound.binding.second;
    return stands ? bound : { outcome: "underway", orderId };
  }
}

const isOvertaken = (error: unknown): boolean => error instanceof IllegalTransition || error instanceof VoucherNumberChanged;
