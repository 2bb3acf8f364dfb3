/**
 * Why a node kept the bytes out for now: the fee is too low for its pool or the base fee; the pool, or this account's share
 * of it, takes no more; the account's nonce is used, by this transaction or another.
 */
export type DoubtHint = "underpriced" | "pool-full" | "nonce-used";

export type Client = "geth" | "nethermind" | "besu" | "erigon" | "reth" | "anvil" | "hardhat" | "infura";

/** What a client says, letter by letter, with numbers and hashes put in; its JSON-RPC code where that is not -32000. */
export type Example = readonly [client: Client, message: string, rpcCode?: number];

export interface BroadcastRow {
  readonly says: RegExp;
  readonly means: "accepted" | "doubt" | DoubtHint | "funds" | "refused";
  readonly examples: readonly Example[];
}

/**
 * The words in which nodes answer eth_sendRawTransaction with an error; the first row that matches decides.
 *
 * Words and not codes: -32003 is "intrinsic gas" to Besu and "transaction rejected" to reth, -32005 a gas limit to Besu and
 * a rate limit to others, and geth says everything under -32000.
 *
 * Sources: geth core/txpool/errors.go, core/txpool/validation.go, core/txpool/legacypool/legacypool.go, core/error.go,
 * internal/ethapi; Nethermind AcceptTxResult.cs, TxPoolErrorMessages.cs, TxErrorMessages.cs (before them the names of the
 * results, with a detail after a comma); Besu RpcErrorType.java; Erigon txpoolcfg.go (DiscardReason; behind gRPC with a
 * prefix); reth transaction-pool error.rs, rpc-eth-types error; anvil eth/error.rs; EDR's mem pool and transaction errors.
 */
export const broadcastRows: readonly BroadcastRow[] = [
  {
    // One node's own limit (geth: --rpc.txfeecap, 1 ETH), which says nothing of the bytes: another node may take them.
    says: /exceeds the configured cap|fee cap exceeded/i,
    means: "doubt",
    examples: [
      ["geth", "tx fee (1.50 ether) exceeds the configured cap (1.00 ether)"],
      ["besu", "Transaction fee cap exceeded"],
    ],
  },
  {
    // Hardhat tells of a revert when it has mined the transaction already; whatever the reason says, it says nothing of the pool.
    says: /execution reverted|VM Exception|transaction reverted/i,
    means: "doubt",
    examples: [
      ["hardhat", "VM Exception while processing transaction: reverted with reason string 'insufficient funds'", -32_603],
      ["geth", "execution reverted: already known", 3],
    ],
  },
  {
    says: /already ?known|\bknown transaction\b|already imported|existing txn with same hash/i,
    means: "accepted",
    examples: [
      ["geth", "already known"],
      ["nethermind", "already known", -32_010],
      ["nethermind", "AlreadyKnown", -32_010],
      ["besu", "Known transaction"],
      ["erigon", "ALREADY_EXISTS: already known"],
      ["erigon", "existing txn with same hash"],
      ["reth", "already known"],
      ["reth", "[0x1c8a…]: already imported", -32_003],
      ["anvil", "transaction already imported", -32_003],
      ["anvil", "Tx: [0x1c8a] already Imported", -32_003],
      ["hardhat", "Known transaction: 0x1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8"],
    ],
  },
  {
    // Mined already, or a sibling is: only a receipt can tell.
    says: /nonce( is)? too (low|small)|OldNonce|\bmined\b/i,
    means: "nonce-used",
    examples: [
      ["geth", "nonce too low: next nonce 5, tx nonce 4"],
      ["nethermind", "nonce too low", -32_010],
      ["nethermind", "OldNonce, Current nonce: 5, nonce of rejected tx: 4", -32_010],
      ["besu", "Nonce too low", -32_001],
      ["erigon", "INTERNAL_ERROR: nonce too low"],
      ["erigon", "INTERNAL_ERROR: mined"],
      ["reth", "nonce too low: next nonce 5, tx nonce 4"],
      ["anvil", "nonce too low", -32_003],
      ["hardhat", "Nonce too low. Expected nonce to be 5 but got 4. Note that transactions can't be queued when automining."],
      ["hardhat", "Transaction nonce too low. Expected nonce to be at least 5 but got 4."],
    ],
  },
  {
    says: /underpriced|Replacement ?NotAllowed|could not replace existing tx|gas price to replace existing|replaced by transaction with higher tip/i,
    means: "underpriced",
    examples: [
      ["geth", "transaction underpriced: tip needed 1000000, tip permitted 1"],
      ["geth", "replacement transaction underpriced"],
      ["nethermind", "transaction underpriced, Affordable FeePerGas of 0 rejected.", -32_010],
      ["nethermind", "ReplacementNotAllowed", -32_010],
      ["besu", "Replacement transaction underpriced"],
      ["erigon", "INTERNAL_ERROR: underpriced"],
      ["erigon", "replacement transaction underpriced"],
      ["erigon", "replaced by transaction with higher tip"],
      ["infura", "INTERNAL_ERROR: could not replace existing tx"],
      ["reth", "replacement transaction underpriced"],
      ["reth", "[0x1c8a…]: insufficient gas price to replace existing transaction", -32_003],
      ["anvil", "replacement transaction underpriced", -32_003],
      [
        "hardhat",
        "Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 1100 is necessary to replace the existing transaction with nonce 3.",
      ],
    ],
  },
  {
    says: /(max fee per gas|fee ?cap) less than block base fee|below current base fee|is too low for the next block|maxFeePerGas too low/i,
    means: "underpriced",
    examples: [
      ["geth", "max fee per gas less than block base fee: address 0xAb, maxFeePerGas: 1, baseFee: 7"],
      ["nethermind", "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 7, MaxPriorityFeePerGas:1, Block number: 9", -32_010],
      ["besu", "Gas price below current base fee", -32_009],
      ["erigon", "fee cap less than block base fee: address 0xAb, feeCap: 1 baseFee: 7"],
      ["reth", "max fee per gas less than block base fee"],
      ["anvil", "max fee per gas less than block base fee", -32_003],
      ["hardhat", "Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 875000000"],
    ],
  },
  {
    says: /fee ?too ?low|gas price below|below (chain )?minimum/i,
    means: "underpriced",
    examples: [
      ["geth", "transaction gas price below minimum: gas tip cap 0, minimum needed 1"],
      ["nethermind", "FeeTooLow, EffectivePriorityFeePerGas too low 0 < 1, BaseFee: 7", -32_010],
      ["nethermind", "FeeTooLowToCompete", -32_010],
      ["besu", "Gas price below configured minimum gas price", -32_009],
      ["erigon", "fee too low"],
      ["reth", "transaction feeCap 5 below chain minimum"],
      ["reth", "transaction priority fee below minimum required priority fee 1", -32_003],
    ],
  },
  {
    says: /pool is full|pool size constraints|spammer|account limit exceeded|in-flight transaction limit/i,
    means: "pool-full",
    examples: [
      ["geth", "txpool is full"],
      ["geth", "account limit exceeded: pooled 16 txs"],
      ["geth", "in-flight transaction limit reached for delegated accounts"],
      ["erigon", "INTERNAL_ERROR: pending sub-pool is full"],
      ["erigon", "baseFee sub-pool is full"],
      ["erigon", "queued sub-pool is full"],
      ["erigon", "spammer"],
      ["reth", "txpool is full", -32_003],
      ["reth", "transaction discarded outright due to pool size constraints", -32_003],
      ["reth", "rejected due to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 being identified as a spammer", -32_003],
    ],
  },
  {
    // It takes them once the lower nonces are there.
    says: /nonce too (high|far)|NonceTooFar|nonce ?gap|gapped[- ]nonce|too distant from current sender nonce|lower nonce exists|future transaction tries to replace/i,
    means: "pool-full",
    examples: [
      ["geth", "nonce too high: tx nonce 9, gapped nonce 4"],
      ["geth", "gapped-nonce tx from delegated accounts"],
      ["geth", "future transaction tries to replace pending"],
      ["nethermind", "nonce too high", -32_010],
      ["nethermind", "nonce too far in future", -32_010],
      ["nethermind", "NonceTooFarInFuture, Nonce in far future. Current nonce: 5, tx nonce: 900", -32_010],
      ["nethermind", "NonceGap, Future nonce. Expected nonce: 5", -32_010],
      ["nethermind", "delegation nonce gap", -32_010],
      ["besu", "Nonce too high", -32_006],
      ["besu", "Transaction nonce is too distant from current sender nonce"],
      ["besu", "An invalid transaction with a lower nonce exists"],
      ["anvil", "Nonce too high", -32_003],
      ["hardhat", "Nonce too high. Expected nonce to be 4 but got 6. Note that transactions can't be queued when automining."],
    ],
  },
  {
    says: /insufficient ?funds|doesn't have enough funds|up-?front cost .*exceeds .*balance|overdraws from account/i,
    means: "funds",
    examples: [
      ["geth", "insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1"],
      ["geth", "insufficient funds for gas * price + value: balance 5, queued cost 4, tx cost 2, overshot 1"],
      ["nethermind", "insufficient funds for gas * price + value", -32_010],
      ["nethermind", "InsufficientFunds, Account balance: 0, cumulative cost: 1", -32_010],
      ["besu", "Upfront cost exceeds account balance", -32_004],
      ["besu", "transaction up-front cost 0x2 exceeds transaction sender account balance 0x1", -32_004],
      ["erigon", "INTERNAL_ERROR: insufficient funds"],
      ["reth", "insufficient funds for gas * price + value: have 0 want 1", -32_003],
      ["reth", "transaction overdraws from account", -32_003],
      ["anvil", "Insufficient funds for gas * price + value", -32_003],
      ["hardhat", "Sender doesn't have enough funds to send tx. The max upfront cost is: 2 and the sender's balance is: 1."],
    ],
  },
  {
    says: /intrinsic ?gas|floor data gas|requires at least \d+ gas/i,
    means: "refused",
    examples: [
      ["geth", "intrinsic gas too low: gas 20999, minimum needed 21000"],
      ["geth", "insufficient gas for floor data gas cost: gas 21000, minimum needed 21400"],
      ["nethermind", "intrinsic gas too low", -32_010],
      ["besu", "Intrinsic gas exceeds gas limit", -32_003],
      ["erigon", "INTERNAL_ERROR: IntrinsicGas"],
      ["reth", "intrinsic gas too low"],
      ["anvil", "intrinsic gas too low"],
      ["anvil", "intrinsic gas too high -- CallerGasLimitMoreThanBlock"],
      ["hardhat", "Transaction requires at least 21000 gas but got 20000"],
    ],
  },
  {
    says: /exceeds (the )?block('s)? gas limit|gas limit (is )?too high|gas limit reached|GasLimit(Cap)?Exceeded|gas limit .*(exceeds|greater than)/i,
    means: "refused",
    examples: [
      ["geth", "exceeds block gas limit"],
      ["geth", "transaction gas limit too high (cap: 16777216, tx: 16777217)"],
      ["nethermind", "gas limit reached", -32_010],
      ["nethermind", "GasLimitExceeded, Gas limit: 30000000, gas limit of rejected tx: 30000001", -32_010],
      ["nethermind", "TxGasLimitCapExceeded: Gas limit 16777217 exceeded cap of 16777216.", -32_010],
      ["besu", "Transaction gas limit exceeds block gas limit", -32_005],
      ["erigon", "gas limit is too high"],
      ["reth", "exceeds block gas limit", -32_003],
      ["reth", "transaction's gas limit 60000001 exceeds block's gas limit 60000000", -32_003],
      ["reth", "gas limit too high", -32_003],
      ["anvil", "Transaction gas limit is greater than the block gas limit, gas_limit: 16777217, cap: 16777216", -32_003],
      ["hardhat", "Transaction gas limit is 60000001 and exceeds block gas limit of 60000000"],
      ["hardhat", "Transaction gas limit is 16777217 and exceeds transaction gas cap of 16777216"],
    ],
  },
  {
    says: /oversized data|input data too large|transaction too large|MaxTxSizeExceeded|RLPTooLong|initcode (size exceeded|too large)/i,
    means: "refused",
    examples: [
      ["geth", "oversized data: transaction size 131073, limit 131072"],
      ["geth", "max initcode size exceeded: code size 49153 limit 49152"],
      ["nethermind", "transaction too large", -32_010],
      ["nethermind", "MaxTxSizeExceeded", -32_010],
      ["erigon", "RLPTooLong"],
      ["erigon", "initcode too large"],
      ["reth", "oversized data", -32_003],
      ["reth", "input data too large", -32_003],
    ],
  },
  {
    says: /max priority fee per gas (higher than|exceeds)|InvalidMaxPriorityFeePerGas|maxPriorityFeePerGas .*(bigger|greater) than|`max_priority_fee_per_gas` greater/i,
    means: "refused",
    examples: [
      ["geth", "max priority fee per gas higher than max fee per gas: address 0xAb, maxPriorityFeePerGas: 2, maxFeePerGas: 1"],
      ["nethermind", "InvalidMaxPriorityFeePerGas: Cannot be higher than maxFeePerGas.", -32_010],
      ["besu", "Max priority fee per gas exceeds max fee per gas"],
      ["reth", "max priority fee per gas higher than max fee per gas", -32_003],
      ["anvil", "Invalid input: `max_priority_fee_per_gas` greater than `max_fee_per_gas`", -32_602],
      ["hardhat", "maxPriorityFeePerGas (2) is bigger than maxFeePerGas (1)"],
    ],
  },
  {
    says: /chain ?id|only replay-protected|wrong chain|signed for another chain/i,
    means: "refused",
    examples: [
      ["geth", "invalid sender: invalid chain id for signer: have 1 want 5"],
      ["geth", "only replay-protected (EIP-155) transactions allowed over RPC"],
      ["nethermind", "InvalidTxChainId: Expected 1, got 5.", -32_010],
      ["besu", "Wrong chainId"],
      ["besu", "ChainId not supported"],
      ["reth", "invalid chain ID"],
      ["anvil", "invalid chain id for signer", -32_003],
      ["anvil", "Incompatible EIP-155 transaction, signed for another chain", -32_003],
      ["hardhat", "Invalid chainId 1 provided, expected 31337 instead.", -32_602],
      ["hardhat", "Trying to send a raw transaction with an invalid chainId. The expected chainId is 31337", -32_602],
    ],
  },
  {
    says: /invalid sender|invalid (transaction )?signature|InvalidTxSignature|recover sender|FailedToResolveSender|failed to decode signed transaction/i,
    means: "refused",
    examples: [
      ["geth", "invalid sender"],
      ["nethermind", "failed to recover sender", -32_010],
      ["nethermind", "FailedToResolveSender", -32_010],
      ["nethermind", "InvalidTxSignature: Signature is invalid.", -32_010],
      ["besu", "Invalid signature", -32_002],
      ["erigon", "invalid sender"],
      ["reth", "invalid transaction signature", -32_602],
      ["reth", "failed to decode signed transaction", -32_602],
      ["anvil", "Failed to decode signed transaction", -32_602],
    ],
  },
  {
    says: /transaction type|NotSupportedTxType|not an eoa|SenderIsContract|not authorized to send/i,
    means: "refused",
    examples: [
      ["geth", "transaction type not supported: tx type 4 not supported by this pool"],
      ["geth", "sender not an eoa: address 0xAb, codehash: 0x12"],
      ["nethermind", "unsupported transaction type", -32_010],
      ["nethermind", "NotSupportedTxType", -32_010],
      ["nethermind", "sender not an eoa", -32_010],
      ["nethermind", "SenderIsContract", -32_010],
      ["besu", "Invalid transaction type", -32_602],
      ["besu", "Sender account not authorized to send transactions", -32_007],
      ["erigon", "fork supporting this transaction type is not activated yet"],
      ["reth", "transaction type not supported", -32_003],
      ["reth", "sender is not an EOA", -32_003],
      ["anvil", "Unknown transaction type not supported", -32_603],
      ["hardhat", "Unknown transaction type: 9"],
    ],
  },
];
