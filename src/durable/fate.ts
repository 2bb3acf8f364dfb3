import { laneEventOf, type Settlement } from "../chain/lane/lane-ledger.ts";
import type { StoredEvent, Version } from "../store/event-store.ts";

/** What the ledger says became of an attempt. */
export type Fate =
  /** Nothing yet; `hash` is another where its work had to find another nonce. */
  | { readonly kind: "open"; readonly hash: string; readonly version: Version }
  /** Its nonce is final by `hash`. Cancelled: that is a no-op, and the attempt was none. */
  | ({ readonly kind: "settled"; readonly cancelled: boolean } & Settlement)
  /** Somebody else's transaction has its nonce for good, and it was being cancelled or is not sent anew. */
  | { readonly kind: "let go"; readonly nonce: number };

/** @param events of the ledger, from the attempt on; read no further than to its end */
export async function fateOf(events: AsyncIterable<StoredEvent>): Promise<Fate | undefined> {
  let at: { readonly nonce: number; readonly hash: string; readonly version: Version; readonly work: string | undefined } | undefined;
  let isDisplaced = false;
  const noOps = new Set<string>();
  for await (const stored of events) {
    const event = laneEventOf(stored);
    if (event.kind === "attempted") {
      const { nonce, hash, orderIds } = event.data;
      const [work] = orderIds;
      // Work that moves on is signed anew in the append that gives its nonce up, so right behind it.
      if (!at || (isDisplaced && work !== undefined && work === at.work)) {
        at = { nonce, hash, version: stored.version, work };
        isDisplaced = false;
      }
      if (nonce === at.nonce && work === undefined) noOps.add(hash);
    }
    if (!at || isDisplaced) break;
    if (event.kind === "displaced" && event.data.nonce === at.nonce) isDisplaced = true;
    if (event.kind === "settled" && event.data.nonce === at.nonce) {
      return { kind: "settled", ...event.data, cancelled: at.work !== undefined && noOps.has(event.data.hash) };
    }
  }
  if (!at) return undefined;
  return isDisplaced ? { kind: "let go", nonce: at.nonce } : { kind: "open", hash: at.hash, version: at.version };
}
