import type { OrderBook, Told } from "../../order/index.ts";
import type { StreamWrite } from "../../store/event-store.ts";
import type { OpenNonce } from "./lane-ledger.ts";
import { Ledger, type LedgerPlace } from "./ledger.ts";

/** The ledger of a lane, whose events are written together with what they mean to orders. */
export class LaneRecord extends Ledger<Told> {
  readonly #book: OrderBook;
  /** Hashes that a node refused because they pay too little, either for its pool or in place of a former attempt. */
  readonly #underpriced = new Set<string>();

  private constructor(place: LedgerPlace, book: OrderBook) {
    super(place);
    this.#book = book;
  }

  /** @throws what the store throws */
  static async open(place: LedgerPlace, book: OrderBook): Promise<LaneRecord> {
    const record = new LaneRecord(place, book);
    await record.load(place.chainId);
    return record;
  }

  isUnderpriced(hash: string): boolean {
    return this.#underpriced.has(hash);
  }

  markUnderpriced(hash: string): void {
    if (this.attemptOf(hash)) this.#underpriced.add(hash);
  }

  /** @throws IllegalTransition, VersionConflict and what the store throws */
  protected commit(ledger: StreamWrite, told: readonly Told[]): Promise<void> {
    return this.#book.execute(told, [ledger]);
  }

  protected ended({ attempts }: OpenNonce): void {
    for (const { hash } of attempts) this.#underpriced.delete(hash);
  }
}
