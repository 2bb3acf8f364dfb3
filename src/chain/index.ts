/** The chain: one lane's transactions, batches, confirmations, and what a deployment left behind. */
export { adoptHistory } from "./adoption.ts";
export { Batcher, batchGas, type BatchLimits } from "./batcher.ts";
export { Confirmations } from "./confirmations.ts";
export { type Deployment, deploymentFile, DeploymentUnreadable, type MinterName, readDeployment } from "./deployment.ts";
export * from "./errors.ts";
export { FeeCapReached, type FeeLimits } from "./fees.ts";
export type { Header } from "./heads.ts";
export { Lane } from "./lane.ts";
export { type LaneState, readLane } from "./lane-ledger.ts";
export { MintLogReader, type Located } from "./mint-logs.ts";
export { Minting, needsAPerson } from "./minting.ts";
export { type Network, networkOf } from "./networks.ts";
export { bindStore, checkChain, checkFunds, checkMinter, genesisHash, transactionGasLimit } from "./preflight.ts";
export { type LocalChain, LocalChainFailed, PortInUse, setLocalChainAside, startLocalChain } from "./local-chain.ts";
export { type Eip1193, ProviderRpc } from "./provider-rpc.ts";
export { HttpRpc, type Rpc, type RpcCall, RpcRefused, RpcUnanswered } from "./rpc.ts";
export { BatchReverts } from "./simulation.ts";
export { issueVoucher, type Redeemed, redeemVoucher, type TwoStageParts } from "./two-stage.ts";
