/** Seconds by which a voucher's `alignedSecond` may lie ahead of `block.timestamp`. Same constant in the contract. */
export const MAX_SKEW_SECONDS = 2;

/** Seconds after `alignedSecond` for which a voucher may be redeemed. Same constant in the contract. */
export const VALIDITY_SECONDS = 300;

/** Most redemptions that one transaction carries. Same constant in the contract. */
export const MAX_BATCH = 256;

const REDEMPTION = "(address to, uint32 quantity, uint64 txCount, uint64 alignedSecond, bytes32 orderId, bytes32 uriDigest)";

/** What the service uses of the minter contract, as ethers' human-readable ABI. */
export const minterAbi = [
  `function redeem(${REDEMPTION} redemption, bytes signature)`,
  `function redeemMany(${REDEMPTION}[] redemptions, bytes[] signatures, bool skip)`,
  `function redeemBatch(${REDEMPTION}[] redemptions, bytes signature, bool skip)`,
  "function redeemed(uint256 txCount) view returns (bool)",
  "event Minted(bytes32 indexed orderId, address indexed to, uint256 firstTokenId, uint256 quantity, uint64 txCount)",
  "event VoucherSkipped(uint64 indexed txCount, uint8 reason)",
  "error VoucherAlreadyRedeemed(uint256 txCount)",
  "error VoucherExpired(uint64 txCount, uint64 alignedSecond)",
  "error VoucherFromFuture(uint64 txCount, uint64 alignedSecond)",
  "error QuantityOutOfRange(uint64 txCount, uint256 quantity, uint256 max)",
  "error InvalidSigner(address signer)",
  "error InvalidSignatureLength(uint256 length)",
  "error EmptyBatch()",
  "error BatchTooLarge(uint256 size, uint256 max)",
  "error LengthMismatch(uint256 redemptions, uint256 signatures)",
] as const;

/**
 * Why the contract skipped a voucher instead of minting it; the index is the event's `reason`. Redeemed and expired counts
 * as AlreadyRedeemed; ReceiverRefused exists for editions (ERC-1155) and cast tokens, and leaves the number unused.
 */
export const skipReasons = ["AlreadyRedeemed", "Expired", "ReceiverRefused"] as const;
export type SkipReason = (typeof skipReasons)[number];

/** Errors that redeeming may revert with. */
export const minterErrors = [
  "error VoucherAlreadyRedeemed(uint256 txCount)",
  "error VoucherExpired(uint64 txCount, uint64 alignedSecond)",
  "error VoucherFromFuture(uint64 txCount, uint64 alignedSecond)",
  "error QuantityOutOfRange(uint64 txCount, uint256 quantity, uint256 max)",
  "error EmptyBatch()",
  "error BatchTooLarge(uint256 size, uint256 max)",
  "error LengthMismatch(uint256 redemptions, uint256 signatures)",
  "error InvalidSigner(address signer)",
  "error InvalidSignatureLength(uint256 length)",
  "error InsufficientGas(uint256 left, uint256 needed)",
  "error MintToZeroAddress()",
  "error ERC1155InvalidReceiver(address receiver)",
] as const;

/** Cast tokens, with 18 decimals, of one unit of a voucher's quantity: a hundredth. Same constant in CastMinter. */
export const CAST_UNIT_D18 = 10n ** 16n;

/**
 * Errors of the vault and of CastMinter that a voucher for cast tokens may revert with besides, as
 * `contracts/vault/interfaces` has them.
 */
export const positionErrors = [
  "error CollateralUnnamed(bytes32 uriDigest)",
  "error CollateralUnknown(address collateral)",
  "error InsufficientMintAllowance(address account, address minter, uint256 allowanceD18, uint256 wantedD18)",
  "error InsufficientlyCovered(address collateral, uint256 amount, uint256 debtD18, uint256 price, uint256 ratioBps)",
  "error DebtBelowFloor(address collateral, uint256 debtD18, uint256 floorD18)",
  "error DebtCeilingExceeded(address collateral, uint256 debtD18, uint256 ceilingD18)",
  "error PriceTooOld(uint64 assetId, uint256 timestamp, uint256 maxAgeSeconds)",
  "error PausedCollateral(address collateral)",
] as const;
