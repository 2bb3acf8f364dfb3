/** The chain: one lane's transactions, batches, confirmations, and what a deployment left behind. */
export { adoptHistory, adoptionStream } from "./confirm/adoption.ts";
export { BatchMaker } from "./batch/batch-maker.ts";
export { Batcher, type BatchLimits, type InLine } from "./batch/batcher.ts";
export { CollateralPaused, DebtCeilingReached, MintHeldBack, PriceTooOld } from "./batch/held-errors.ts";
export { DebtRooms } from "./batch/debt-room.ts";
export { Holds } from "./batch/holds.ts";
export { batchGas, type MintGas, mintGasOf } from "./batch/mint-gas.ts";
export { PositionCheck } from "./batch/position-check.ts";
export {
  type CancellationParts,
  type CancellationProgress,
  type CancelledWord,
  cancelVouchers,
  type TakenNumber,
  type WordToCancel,
} from "./cancel/cancellation.ts";
export { CancellationReverted, CancellationUnproven, type UnprovenWord } from "./cancel/errors.ts";
export type { SentTransaction } from "./cancel/fate.ts";
export { encodeCancel, isSigner, usedBits } from "./cancel/numbers.ts";
export { Finality } from "./confirm/finality.ts";
export { Confirmations } from "./confirm/confirmations.ts";
export {
  type CastContracts,
  castContracts,
  CastNotDeployed,
  type Deployment,
  deploymentFile,
  DeploymentUnreadable,
  LOCAL_CHAIN_ID,
  type MinterName,
  minterOf,
  readDeployment,
  type RegisteredCircuit,
} from "./deployment.ts";
export * from "./errors.ts";
export { FeeCapReached, type FeeLimits, type Fees } from "./fees/fees.ts";
export { FeeOracle, type FeeOracleParts } from "./fees/fee-oracle.ts";
export { replacementFees } from "./fees/replacement.ts";
export type { Header } from "./confirm/heads.ts";
export { AccountNonces } from "./lane/account-nonces.ts";
export { Funds } from "./lane/funds.ts";
export { Lane, type LaneParts } from "./lane/lane.ts";
export { type Duty, type LaneState, readLane } from "./lane/lane-ledger.ts";
export { Lanes } from "./lane/lanes.ts";
export type { LaneNotice } from "./lane/notices.ts";
export type { Pricing } from "./lane/pricing.ts";
export { replaceableFees } from "./lane/replacement.ts";
export { Upkeep } from "./lane/upkeep.ts";
export { MintLogReader, type Located } from "./confirm/mint-logs.ts";
export { Dispatcher } from "./dispatch/dispatcher.ts";
export { Minting } from "./minting.ts";
export { patiently } from "./patience.ts";
export { type Network, networkOf } from "./networks.ts";
export { bindStore, genesisHash } from "./genesis.ts";
export { checkChain, checkFunds, checkMinter, lanesInUse, transactionGasLimit } from "./preflight.ts";
export { localBlocksLost } from "./local/local-blocks.ts";
export { endLocalChain, type LocalChain, PortInUse, setLocalChainAside, startLocalChain } from "./local/local-chain.ts";
export { isAlive, LocalChainFailed, nodeKind, readRecord } from "./local/local-node.ts";
export { type Eip1193, ProviderRpc } from "./rpc/provider-rpc.ts";
export { HttpRpc } from "./rpc/http-rpc.ts";
export { InvalidRpcUrl, MORE_URLS, moreUrls } from "./rpc/more-urls.ts";
export { OnDemandRpc } from "./rpc/on-demand-rpc.ts";
export type { EndpointSource } from "./rpc/endpoint.ts";
export type { EndpointState } from "./rpc/ranking.ts";
export { RpcPool, type RpcPoolOptions } from "./rpc/rpc-pool.ts";
export { EndpointForked } from "./rpc/survey.ts";
export { headOf, isRpcError, type Rpc, type RpcCall, type RpcOutcome, RpcRefused, RpcUnanswered } from "./rpc/rpc.ts";
export { type ClockReport, watchClock } from "./time/clock-watch.ts";
export { HttpsDate, type HttpsDateOptions, TimeSourceUnreadable } from "./time/https-date.ts";
export { TimeSources, timeSourcesOf } from "./time/time-sources.ts";
export { BatchReverts } from "./batch/simulation.ts";
export { type Redeemed, redeemVoucher, type TwoStageParts } from "./two-stage.ts";
