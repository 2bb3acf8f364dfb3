/** Mint lists: CSV files of who gets how many tokens, read in flat memory and checked before anything is minted. */
export { InvalidMintList, printProblem, type MintListProblem, type ProblemCode } from "./problems.ts";
export { checkMintList, DEFAULT_MAX_QUANTITY, readMintList, type MintListOptions, type MintListSummary, type ReadOptions } from "./read.ts";
export { MAX_ID_BYTES, MAX_URI_BYTES, type MintRow } from "./rows.ts";
export { type LevelTimes, type ListMinter, type ListProgress, type ListReport, mintList, requestOf } from "./mint-list.ts";
