import { broadcastRows, type DoubtHint } from "./broadcast-rows.ts";
import { RpcRefused } from "./rpc.ts";

/**
 * What a node's answer to eth_sendRawTransaction means. `accepted`: the node has the bytes. `doubt`: nobody knows; the
 * same bytes are sent again. `never-sent`: the node did not take them and will not as they are.
 */
export type BroadcastOutcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "doubt"; readonly reason: string; readonly hint?: DoubtHint }
  | { readonly kind: "never-sent"; readonly cause: "funds" | "refused"; readonly reason: string };

/**
 * Sorts what `send` threw. What no row of the table knows is doubt (law 2), and so is an error that is no answer of the
 * node, whatever its words.
 */
export function classifyBroadcastError(error: unknown): BroadcastOutcome {
  const reason = error instanceof Error ? error.message : String(error);
  const row = error instanceof RpcRefused ? broadcastRows.find(({ says }) => says.test(reason)) : undefined;
  switch (row?.means) {
    case undefined:
    case "doubt":
      return { kind: "doubt", reason };
    case "accepted":
      return { kind: "accepted" };
    case "underpriced":
    case "pool-full":
    case "nonce-used":
      return { kind: "doubt", reason, hint: row.means };
    case "funds":
    case "refused":
      return { kind: "never-sent", cause: row.means, reason };
  }
}
