/** Keeps proven prices fresh: when to post, proving it, and bringing it on chain. */
export { blockAfter, type WaitOptions } from "./block-after.ts";
