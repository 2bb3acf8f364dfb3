import { RpcRefused } from "./rpc.ts";

/**
 * What a node's answer to eth_sendRawTransaction means. `accepted`: the node has the bytes. `doubt`: nobody knows; the
 * same bytes are sent again. `never-sent`: the node did not take them and will not as they are.
 */
export type BroadcastOutcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "doubt"; readonly reason: string }
  | { readonly kind: "never-sent"; readonly cause: "funds" | "refused"; readonly reason: string };

interface Row {
  readonly says: RegExp;
  readonly outcome: (reason: string) => BroadcastOutcome;
}

const accepted = (): BroadcastOutcome => ({ kind: "accepted" });
const doubt = (reason: string): BroadcastOutcome => ({ kind: "doubt", reason });
const funds = (reason: string): BroadcastOutcome => ({ kind: "never-sent", cause: "funds", reason });
const refused = (reason: string): BroadcastOutcome => ({ kind: "never-sent", cause: "refused", reason });

/** In words of geth, anvil and Hardhat; the first row that matches decides. What no row knows is doubt (law 2). */
export const broadcastRows: readonly Row[] = [
  { says: /already known|already imported|known transaction/i, outcome: accepted },
  // Mined already, or a sibling is: only a receipt can tell.
  { says: /nonce too low|nonce is too low|nonce too small|expected nonce to be/i, outcome: doubt },
  { says: /replacement transaction underpriced|transaction underpriced/i, outcome: doubt },
  { says: /insufficient funds|doesn't have enough funds|insufficient balance/i, outcome: funds },
  {
    says: /intrinsic gas too low|exceeds (the )?block gas limit|exceeds maximum|gas limit too high|transaction gas limit|oversized data/i,
    outcome: refused,
  },
  { says: /max fee per gas less than block base fee|fee cap less than block base fee/i, outcome: doubt },
  { says: /invalid sender|invalid signature|wrong chain|invalid chain id|only replay-protected/i, outcome: refused },
];

/** Sorts what `send` threw; an error that is no answer of the node is doubt. */
export function classifyBroadcastError(error: unknown): BroadcastOutcome {
  if (!(error instanceof RpcRefused)) return doubt(error instanceof Error ? error.message : String(error));
  return broadcastRows.find((row) => row.says.test(error.message))?.outcome(error.message) ?? doubt(error.message);
}
