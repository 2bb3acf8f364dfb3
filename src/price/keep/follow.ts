import { isRpcError } from "../../chain/rpc/rpc.ts";
import type { PriceChain } from "./chain.ts";
import type { PriceKeeperEvent } from "./events.ts";
import type { PriceKeeper } from "./keeper.ts";

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Resolves when it may be worth to look for a new block; at once when the signal aborts. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
  readonly onEvent: (event: PriceKeeperEvent) => void;
}

type Head = Pick<PriceChain, "newest">;

/**
 * Begins a pass for each new block until the signal aborts, and waits then until what was begun has ended. Passes are not waited
 * for in between: an asset that still proves is passed over. What cannot be read is told and tried again.
 */
export async function follow(keeper: PriceKeeper, chain: Head, { signal, pause, onEvent }: FollowOptions): Promise<void> {
  let seen = "";
  while (!signal.aborted) {
    await tellingDoubt(onEvent, async () => {
      const at = await chain.newest();
      if (at.hash === seen) return;
      await keeper.settle(at);
      void keeper.pass(at, signal); // never rejects
      seen = at.hash;
    });
    await pause(signal);
  }
  await keeper.idle();
}

/** Waits until nothing of the keeper's is on its way, or the signal aborts. */
export async function settled(keeper: PriceKeeper, chain: Head, { signal, pause, onEvent }: FollowOptions): Promise<void> {
  while (keeper.inFlight > 0 && !signal.aborted) {
    await tellingDoubt(onEvent, async () => {
      await keeper.settle(await chain.newest());
    });
    if (keeper.inFlight > 0) await pause(signal);
  }
}

async function tellingDoubt(onEvent: FollowOptions["onEvent"], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isRpcError(error)) throw error;
    onEvent({ kind: "trouble", error });
  }
}
