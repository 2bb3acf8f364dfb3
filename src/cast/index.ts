/** Positions in the vault, their liquidation, and the vote over its terms. */
export { Account, type AccountOptions, type Call, type Mined, type SentCall } from "./account.ts";
export type { AccountNews } from "./account-news.ts";
export { allowMinter, checkCollaterals, CollateralNotNamed } from "./allowed-minter.ts";
export * from "./errors.ts";
export { type LeastGain, moreThanGas } from "./gain.ts";
export { gasCostD18, isFresh, type Liquidation, liquidations, type Market, type Position, worstFirst } from "./liquidations.ts";
export { type Fate, type FateTeller, SentCalls } from "./fates.ts";
export { type FateNews, InFlight, settled, tellingDoubt, type WatchOptions } from "./in-flight.ts";
export { follow, Keeper, type KeeperChain, type KeeperEvent, type Survey } from "./keeper.ts";
export { KnownPositions } from "./known-positions.ts";
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
export { type HeldPool, type PoolView, readPool } from "./pool-view.ts";
export { covered, gainD18, type Holding, lowestPrice, ratioOf, seize, type Seizure, shortfallD18, type Terms } from "./position.ts";
export { type Block, newestBlock, readAll, type View } from "./reads.ts";
export { type Pool, type PositionKey, Vault } from "./vault.ts";
export { VaultKeeper } from "./vault-keeper.ts";
export { describedBy, type Motion, spokenWords } from "./motion.ts";
export { isoOf, refusalOf } from "./refusals.ts";
export { duration, isOpen, possibleFrom, type Proposal, type Proposed, stakeWords, supports, Vote, type VoteStep, warpTo } from "./vote.ts";
