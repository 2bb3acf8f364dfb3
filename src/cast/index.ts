/** Positions in the vault, their liquidation, and the vote over its terms. */
export { Account, type AccountOptions, type Call, type Mined, type SentCall } from "./account.ts";
export type { AccountNews } from "./account-news.ts";
export * from "./errors.ts";
export { isFresh, type Liquidation, liquidations, type Market, type Position, worstFirst } from "./liquidations.ts";
export { follow, Keeper, type KeeperChain, type KeeperEvent, type LiquidationFate, settled, type Survey } from "./keeper.ts";
export { KnownPositions, type PoolView, readPool } from "./known-positions.ts";
export {
  collateralNamed,
  deposit,
  liquidate,
  mint,
  type Move,
  type Named,
  positionView,
  type PositionView,
  repay,
  type Step,
  viewPosition,
  withdraw,
} from "./moves.ts";
export { covered, type Holding, lowestPrice, ratioOf, seize, type Seizure, shortfallD18, type Terms } from "./position.ts";
export { type Block, newestBlock } from "./reads.ts";
export { type Pool, type PositionKey, Vault } from "./vault.ts";
export { VaultKeeper } from "./vault-keeper.ts";
export { isoOf } from "./refusals.ts";
export { duration, possibleFrom, type Proposal, stakeWords, supports, Vote, type VoteStep, warpTo } from "./vote.ts";
