/** The chain under the simulator: mined by command, reorganised, restarted, forked, and never beyond a final block. */
export type { Branch } from "./branch.ts";
export { anvilOptions, Chain, chainId, secondsPerBlock } from "./chain.ts";
export { finalDepth } from "./final-depth.ts";
export { Fork } from "./fork.ts";
