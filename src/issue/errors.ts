import { MintdError } from "../error.ts";

/** Fewer or more requests than are issued at once. Nothing was written. */
export class IssueSizeOutOfRange extends MintdError {
  readonly code = "ISSUE_SIZE_OUT_OF_RANGE";
  constructor(size: number, max: number) {
    super(`${size} vouchers are to be issued at once; 1..${max} are allowed`, { hint: "issue in several batches" });
  }
}

/** The window of a voucher has passed already, or lies too far ahead. Nothing was written. */
export class WindowOutOfRange extends MintdError {
  readonly code = "WINDOW_OUT_OF_RANGE";
  constructor(from: number, now: number, problem: string) {
    super(`the window from second ${from} ${problem}; it is second ${now} now`, {
      hint: "give its beginning in whole seconds since 1970, between now and a year ahead",
    });
  }
}

/** A single voucher cannot be issued, because of what became of its order. Nothing was written. */
export class VoucherNotIssued extends MintdError {
  readonly code = "VOUCHER_NOT_ISSUED";
  readonly orderId: string;
  constructor(orderId: string, why: string, hint: string) {
    super(`order ${orderId}: ${why}`, { hint });
    this.orderId = orderId;
  }
}

/** A batch's id is not what `newBatchId` makes. */
export class InvalidBatchId extends MintdError {
  readonly code = "INVALID_BATCH_ID";
  constructor() {
    super("a batch's id is 32 hexadecimal digits in lower case", {
      hint: "give the id exactly as it was printed when the batch was issued",
    });
  }
}

/** The threads that sign died three times over the same vouchers. No signature of them was handed out. */
export class SigningFailed extends MintdError {
  readonly code = "SIGNING_FAILED";
  constructor(tries: number, cause: unknown) {
    super(`the signing threads died ${tries} times over the same vouchers`, {
      cause,
      hint: "see the cause, then issue the same batch again: it gives the same vouchers",
    });
  }
}

/** The pool was closed before this call. */
export class SigningPoolClosed extends MintdError {
  readonly code = "SIGNING_POOL_CLOSED";
  constructor() {
    super("the signing pool is closed", { hint: "open mintd again; what was issued is in its store" });
  }
}

/** The store never saw the chain, so an id that a lost store minted would look new to it. Nothing was written. */
export class HistoryUnknown extends MintdError {
  readonly code = "HISTORY_UNKNOWN";
  constructor(network: string) {
    super("this store has never seen the chain: whether these ids were minted before, it cannot know", {
      hint: `run once with the chain in reach: npx hardhat confirmations:watch --network ${network}; or issue a new batch with --count`,
    });
  }
}
