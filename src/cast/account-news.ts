import type { FeeCapReached } from "../chain/fees/fees.ts";
import type { DurableNotice } from "../durable/index.ts";

/** A transaction, and what it is for in words. */
interface Named {
  readonly what: string;
  readonly nonce: number;
  readonly hash: string;
}

/** What an account has to tell besides what its caller asked for. */
export type AccountNews =
  /** Its bytes are durable and about to be handed over. */
  | ({ readonly kind: "sending" } & Named)
  /** An earlier process sent it and told nobody of its end; it is waited for. */
  | ({ readonly kind: "earlier" } & Named)
  /** Its end, in a block or as an error. */
  | ({ readonly kind: "ended"; readonly block: number | undefined; readonly error: unknown } & Named)
  /** An earlier process's transaction is what was asked for now; nothing new is sent. */
  | ({ readonly kind: "taken over" } & Named)
  /** What waits pays too little, and more than the cap is not paid. */
  | { readonly kind: "too dear"; readonly error: FeeCapReached }
  /** What the durable record tells. */
  | { readonly kind: "notice"; readonly notice: DurableNotice };
