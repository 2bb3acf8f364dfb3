// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IVoucherSigners} from "./IVoucherSigners.sol";

/// @notice What a call brings to redeem one voucher.
/// @param to Who receives the tokens.
/// @param quantity How many tokens, 1 to MAX_QUANTITY.
/// @param txCount The dense, pre-allocated voucher number; its bit is used up.
/// @param alignedSecond The second the voucher was issued in, Unix time.
/// @param orderId The order this voucher fulfils; only logged.
/// @param uriDigest Digest of the metadata; for editions it is the token id.
struct Redemption {
    address to;
    uint32 quantity;
    uint64 txCount;
    uint64 alignedSecond;
    bytes32 orderId;
    bytes32 uriDigest;
}

/// @notice Why an item of a batch in skip mode was left out.
/// @param AlreadyRedeemed The number was redeemed before or cancelled; also when it expired since.
/// @param Expired The number is unused, but VALIDITY_SECONDS have passed.
/// @param ReceiverRefused The receiving contract of an ERC-1155 token refused, or the vault to mint cast tokens. The number stays
/// unused.
enum SkipReason {
    AlreadyRedeemed,
    Expired,
    ReceiverRefused
}

/// @title Redeems signed vouchers, each at most once
/// @notice Anyone may submit: the receiver is signed, so it does not matter who pays the gas. What is signed is EIP-712
/// typed data of the domain (name "mintd", version "1", chain id, this contract):
///
///     Voucher(address to,uint32 quantity,bytes32 hybridNonce,bytes32 orderId,bytes32 uriDigest)
///     VoucherBatch(Voucher[] vouchers)Voucher(...)
///
/// with hybridNonce = keccak256(abi.encodePacked(uint256 txCount, uint64 alignedSecond)). A voucher is valid while
/// alignedSecond - MAX_SKEW_SECONDS <= block.timestamp <= alignedSecond + VALIDITY_SECONDS.
///
/// A signature has one of three forms, told apart by length:
///
///     65 bytes   r ‖ s ‖ v, s in the lower half of the order
///     64 bytes   r ‖ vs (EIP-2098)
///     otherwise  20-byte address of an ERC-1271 contract ‖ its signature (any length but 44 and 45)
///
/// Checks are made in this order: batch size, signatures, then item by item quantity, future, already redeemed, expired.
/// A voucher that is both redeemed and expired counts as redeemed: that is what its sender needs to know.
interface IVoucherRedeemer is IVoucherSigners {
    /// @notice A voucher was redeemed.
    /// @param orderId The order it fulfils.
    /// @param to Who received the tokens.
    /// @param firstTokenId ERC-721: the lowest of `quantity` consecutive ids. ERC-1155: the id of the edition.
    /// @param quantity How many tokens were minted.
    /// @param txCount The number that is used up.
    event Minted(bytes32 indexed orderId, address indexed to, uint256 firstTokenId, uint256 quantity, uint64 txCount);

    /// @notice An item was left out in skip mode. The signature over it was checked before; still, whoever holds an old
    /// signed voucher can submit it again, so read this event only from transactions of your own.
    event VoucherSkipped(uint64 indexed txCount, SkipReason reason);

    /// @notice The numbers `word * 256 + i`, for each bit i of `mask`, were cancelled. Only bits that were unused until
    /// then are in `mask`; it may be zero.
    event VouchersCancelled(uint256 indexed word, uint256 mask);

    /// @notice More than VALIDITY_SECONDS have passed since `alignedSecond`.
    error VoucherExpired(uint64 txCount, uint64 alignedSecond);

    /// @notice `alignedSecond` is more than MAX_SKEW_SECONDS ahead of the block. Never skipped: it is the signer's clock
    /// that is wrong, and the voucher may become valid yet.
    error VoucherFromFuture(uint64 txCount, uint64 alignedSecond);

    /// @notice A voucher for no token, or for more than fit into one transaction.
    error QuantityOutOfRange(uint64 txCount, uint256 quantity, uint256 max);

    /// @notice A batch of nothing.
    error EmptyBatch();

    /// @notice A batch that cannot fit into one transaction.
    error BatchTooLarge(uint256 size, uint256 max);

    /// @notice redeemMany needs one signature for each redemption.
    error LengthMismatch(uint256 redemptions, uint256 signatures);

    /// @notice Mints what the voucher says, or reverts.
    /// @param redemption The voucher, with number and second in the clear.
    /// @param signature A signature over Voucher.
    function redeem(Redemption calldata redemption, bytes calldata signature) external;

    /// @notice Redeems vouchers that have a signature each.
    /// @param redemptions 1 to MAX_BATCH vouchers.
    /// @param signatures Signatures over Voucher, in the same order.
    /// @param skip Leave out what is already redeemed or expired, with VoucherSkipped, instead of reverting. A bad
    /// signature, a voucher from the future, a quantity out of range and a zero receiver revert all the same.
    function redeemMany(Redemption[] calldata redemptions, bytes[] calldata signatures, bool skip) external;

    /// @notice Redeems vouchers that one signature covers.
    /// @param redemptions 1 to MAX_BATCH vouchers: all that were signed, in the order they were signed in.
    /// @param signature A signature over VoucherBatch.
    /// @param skip As in redeemMany.
    function redeemBatch(Redemption[] calldata redemptions, bytes calldata signature, bool skip) external;

    /// @notice Uses up numbers without minting. Restricted. Numbers already used stay used.
    /// @param word The numbers from word * 256 on.
    /// @param mask Which of them; bit i is word * 256 + i.
    function cancel(uint256 word, uint256 mask) external;

    /// @notice Whether the number is used up: redeemed or cancelled.
    function redeemed(uint256 txCount) external view returns (bool);

    /// @notice The 256 numbers from word * 256 on, a set bit for each that is used up.
    function nonceWord(uint256 word) external view returns (uint256);

    /// @notice How far the signer's clock may be ahead of the block, in seconds.
    function MAX_SKEW_SECONDS() external view returns (uint256);

    /// @notice How long after its second a voucher is valid.
    function VALIDITY_SECONDS() external view returns (uint256);

    /// @notice The largest batch: one token each to as many first-time owners fits into the 2^24 gas that one
    /// transaction may use (EIP-7825), by redeemBatch and by redeemMany.
    function MAX_BATCH() external view returns (uint256);

    /// @notice The largest quantity of one voucher.
    function MAX_QUANTITY() external view returns (uint256);
}
