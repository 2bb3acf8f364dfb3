import type { Settlement } from "./lane-ledger.ts";

/** What happens to a lane besides the events of its orders; for metrics, logs and people. `lane` is its address. */
export type LaneNotice =
  | { readonly kind: "settled"; readonly lane: string; readonly settlement: Settlement; readonly orders: number }
  | { readonly kind: "sent again" | "replaced" | "cancelled"; readonly lane: string; readonly nonce: number; readonly hash: string }
  /** Nobody knows whether the node has the bytes; they stay as they are. */
  | {
      readonly kind: "doubt";
      readonly lane: string;
      readonly nonce: number;
      readonly hash: string;
      readonly unanswered: boolean;
      readonly error: unknown;
    }
  /** Somebody else's transaction took the nonce for good. */
  | { readonly kind: "displaced"; readonly lane: string; readonly nonce: number }
  /** The chain waits for a nonce that nothing stands for. */
  | { readonly kind: "gap"; readonly lane: string; readonly nonce: number }
  | { readonly kind: "foreign" | "without funds" | "too dear" | "snapshot failed"; readonly lane: string; readonly error: unknown }
  | { readonly kind: "funded"; readonly lane: string };
