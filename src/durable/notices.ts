/** What happens besides what was asked for; for logs and people. What a listener throws is ignored. Everything goes on, save after `stopped`. */
export type DurableNotice =
  /** The same bytes, or new ones of the same nonce, went out. */
  | { readonly kind: "sent again" | "replaced" | "cancelled"; readonly nonce: number; readonly hash: string }
  /** Nobody knows whether the node has the bytes; they are sent again. */
  | { readonly kind: "doubt"; readonly nonce: number; readonly hash: string; readonly error: unknown }
  /** The account cannot pay for it; it is sent again until it can. */
  | { readonly kind: "without funds"; readonly nonce: number; readonly hash: string; readonly error: unknown }
  /** The node said several times that it will never take it; a no-op is to use its nonce up. Which of them is mined is open. */
  | { readonly kind: "refused"; readonly nonce: number; readonly hash: string; readonly reason: string }
  /** Another transaction has the nonce for good; `to` is the nonce that its work has now, undefined where it was let go. */
  | { readonly kind: "displaced"; readonly nonce: number; readonly to: number | undefined }
  | { readonly kind: "settled"; readonly nonce: number; readonly hash: string; readonly succeeded: boolean }
  /** The chain waits for a nonce that nothing stands for. */
  | { readonly kind: "gap"; readonly nonce: number }
  /** Somebody else sends from this key; `from` is where the ledger ended, `to` where it goes on. */
  | { readonly kind: "foreign"; readonly from: number; readonly to: number }
  | { readonly kind: "reorg"; readonly blocks: number }
  /** A look at the chain failed, or a snapshot; it is done again. */
  | { readonly kind: "trouble"; readonly error: unknown }
  /** Nothing more is sent or followed. */
  | { readonly kind: "stopped"; readonly error: unknown };
