import { tellingDoubt, type WatchOptions } from "../../cast/index.ts";
import type { PriceChain } from "./chain.ts";
import type { PriceKeeper } from "./keeper.ts";

/**
 * Begins a pass for each new block until the signal aborts, and waits then until what was begun has ended. Passes are not waited
 * for in between: an asset that still proves is passed over. What cannot be read is told and tried again.
 */
export async function follow(
  keeper: PriceKeeper,
  chain: Pick<PriceChain, "newest">,
  { signal, pause, onEvent }: WatchOptions,
): Promise<void> {
  let seen = "";
  while (!signal.aborted) {
    await tellingDoubt(onEvent, async () => {
      const at = await chain.newest();
      if (at.hash === seen) return;
      await keeper.settle();
      void keeper.pass(at, signal); // never rejects
      seen = at.hash;
    });
    await pause(signal);
  }
  await keeper.idle();
}
