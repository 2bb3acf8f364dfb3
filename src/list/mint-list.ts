import type { Clock } from "../clock.ts";
import type { IdempotencyConflict, Level, MintRequest, Order, OrderBook, OrderEvent, RequestOutcome } from "../order/index.ts";
import { orderIdOf, uriDigestOf } from "../voucher/index.ts";
import type { MintRow } from "./rows.ts";

/** What minting a list needs of the service. */
export interface ListMinter {
  readonly book: Pick<OrderBook, "listen" | "get">;
  readonly minting: {
    submit(requests: readonly MintRequest[]): Promise<RequestOutcome[]>;
    idle(): Promise<void>;
    readonly failure: Promise<never>;
  };
}

/** How far a list is. Counts are of its rows. */
export interface ListProgress {
  /** Rows read so far. */
  readonly rows: number;
  /** Newly accepted by this run. */
  readonly accepted: number;
  /** Accepted by an earlier run and not final when this one began. */
  readonly resumed: number;
  /** Minted and final before this run began. */
  readonly finalBefore: number;
  /** Reached in this run or before. */
  readonly minted: number;
  readonly final: number;
  readonly rejected: number;
  /** Rows whose voucher was handed out before and waits for its holder to redeem it. */
  readonly handedOut: number;
}

/** Milliseconds from acceptance to a level, over the rows that reached it in this run. */
export interface LevelTimes {
  readonly count: number;
  readonly median: number;
  readonly slowest: number;
}

export interface ListReport extends ListProgress {
  /** Rows whose id was accepted before with other content; the former order stands. */
  readonly conflicts: readonly IdempotencyConflict[];
  readonly conflictCount: number;
  readonly rejections: readonly { readonly id: string | null; readonly reason: string }[];
  /** Mints that this run saw included, divided by the time from its first row to the last of them. 0 where it saw none. */
  readonly mintsPerSecond: number;
  readonly times: Readonly<Record<Level, LevelTimes>>;
}

/** Rows that are accepted in one append. */
const chunkSize = 500;
/** Problems that are kept to be shown. */
const shown = 100;

/** A row's request: its id is the idempotency key, so the same list minted twice mints once. */
export function requestOf(row: MintRow, tenant: string): MintRequest {
  return { orderId: orderIdOf(tenant, row.id), tenant, key: row.id, to: row.to, quantity: row.quantity, uriDigest: uriDigestOf(row.uri) };
}

/**
 * Mints the rows and resolves when each is final, rejected, handed out or found in conflict. Memory does not grow with the list:
 * rows are taken in as fast as orders become final.
 * @param onProgress called whenever a count changed; must be quick
 * @throws what stops minting; what was accepted stays accepted, and the same call goes on with it
 */
export async function mintList(
  rows: AsyncIterable<MintRow> | Iterable<MintRow>,
  { book, minting }: ListMinter,
  options: { readonly tenant: string; readonly clock: Clock; readonly onProgress?: (progress: ListProgress) => void },
): Promise<ListReport> {
  const run = new ListRun(book, options.clock, options.onProgress ?? (() => undefined));
  try {
    let chunk: MintRequest[] = [];
    for await (const row of rows) {
      chunk.push(requestOf(row, options.tenant));
      if (chunk.length < chunkSize) continue;
      run.took(await minting.submit(run.expect(chunk)));
      chunk = [];
    }
    if (chunk.length > 0) run.took(await minting.submit(run.expect(chunk)));
    await Promise.race([run.done(), minting.failure]);
    await minting.idle();
    return run.report();
  } finally {
    run.end();
  }
}

/** The counts of one run. */
class ListRun {
  readonly #book: ListMinter["book"];
  readonly #clock: Clock;
  readonly #onProgress: (progress: ListProgress) => void;
  readonly #unlisten: () => void;
  /** Orders of the list that are on their way. */
  readonly #open = new Set<string>();
  readonly #done = Promise.withResolvers<undefined>();
  readonly #times: Record<Level, number[]> = { tentative: [], auditable: [], final: [] };
  readonly #conflicts: IdempotencyConflict[] = [];
  readonly #rejections: { id: string | null; reason: string }[] = [];
  #counts = { rows: 0, accepted: 0, resumed: 0, finalBefore: 0, minted: 0, final: 0, rejected: 0, handedOut: 0 };
  #conflictCount = 0;
  #complete = false;
  #startedAt: number | undefined;
  #lastMintAt = 0;

  constructor(book: ListMinter["book"], clock: Clock, onProgress: (progress: ListProgress) => void) {
    this.#book = book;
    this.#clock = clock;
    this.#onProgress = onProgress;
    this.#unlisten = book.listen((order, event, before) => {
      this.#follow(order, event, before);
    });
  }

  /** Before they are submitted, because the first events come before the answer. */
  expect(requests: readonly MintRequest[]): readonly MintRequest[] {
    this.#startedAt ??= this.#clock.now();
    for (const { orderId } of requests) {
      const order = this.#book.get(orderId);
      if (order?.inclusion) this.#counts.minted++; // by an earlier run
      this.#open.add(orderId);
    }
    return requests;
  }

  took(outcomes: readonly RequestOutcome[]): void {
    for (const outcome of outcomes) {
      this.#counts.rows++;
      if (outcome.outcome === "accepted") this.#counts.accepted++;
      else if (outcome.outcome === "known") this.#known(outcome.order);
      else this.#conflict(outcome.error);
    }
    this.#onProgress(this.#counts);
  }

  /** Resolves when no row of the list is on its way; call it after the last row was taken. */
  done(): Promise<undefined> {
    this.#complete = true;
    this.#resolveIfDone();
    return this.#done.promise;
  }

  report(): ListReport {
    const seconds = (this.#lastMintAt - (this.#startedAt ?? 0)) / 1_000;
    const mints = this.#times.tentative.length;
    return {
      ...this.#counts,
      conflicts: this.#conflicts,
      conflictCount: this.#conflictCount,
      rejections: this.#rejections,
      mintsPerSecond: mints === 0 || seconds <= 0 ? 0 : mints / seconds,
      times: { tentative: summary(this.#times.tentative), auditable: summary(this.#times.auditable), final: summary(this.#times.final) },
    };
  }

  end(): void {
    this.#unlisten();
  }

  #known(order: Order): void {
    const { orderId } = order.request;
    if (order.kind === "final" || order.kind === "rejected") {
      if (!this.#open.delete(orderId)) return; // it closed while it was asked for, and was counted then
      if (order.kind === "rejected") {
        this.#reject(order);
        return;
      }
      this.#counts.finalBefore++;
      this.#counts.minted++;
      this.#counts.final++;
    } else if (order.kind === "authorised") {
      this.#open.delete(orderId);
      this.#counts.handedOut++;
    } else {
      this.#counts.resumed++;
    }
  }

  #conflict(error: IdempotencyConflict): void {
    const underway = this.#open.delete(error.orderId) && this.#book.get(error.orderId)?.inclusion !== undefined;
    if (underway) this.#counts.minted--; // the mint is another row's, counted when this one was expected
    this.#conflictCount++;
    if (this.#conflicts.length < shown) this.#conflicts.push(error);
  }

  #reject(order: Order): void {
    this.#counts.rejected++;
    if (this.#rejections.length < shown) this.#rejections.push({ id: order.request.key, reason: order.reason ?? "" });
  }

  #follow(order: Order, event: OrderEvent, before: Order | undefined): void {
    const { orderId } = order.request;
    if (!this.#open.has(orderId)) return;
    const { kind } = event;
    const now = this.#clock.now();
    if (kind === "unconfirmed" && before?.inclusion) this.#counts.minted--;
    if (kind === "tentative") {
      this.#counts.minted++;
      this.#lastMintAt = now;
    }
    if (kind === "tentative" || kind === "auditable" || kind === "final") this.#times[kind].push(now - order.requestedAt);
    if (kind === "final") this.#counts.final++;
    if (kind === "rejected") this.#reject(order);
    if (kind === "final" || kind === "rejected") this.#open.delete(orderId);
    this.#onProgress(this.#counts);
    this.#resolveIfDone();
  }

  #resolveIfDone(): void {
    if (this.#complete && this.#open.size === 0) this.#done.resolve(undefined);
  }
}

function summary(times: readonly number[]): LevelTimes {
  const sorted = times.toSorted((a, b) => a - b);
  return { count: sorted.length, median: sorted[Math.floor(sorted.length / 2)] ?? 0, slowest: sorted.at(-1) ?? 0 };
}
