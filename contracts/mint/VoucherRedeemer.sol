// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {NonceBitmap} from "./NonceBitmap.sol";
import {VoucherHash} from "./VoucherHash.sol";
import {VoucherSigners} from "./VoucherSigners.sol";
import {IVoucherRedeemer, Redemption, SkipReason} from "./interfaces/IVoucherRedeemer.sol";

/// @title Redeems vouchers; what a voucher mints is left to the token that derives from this
abstract contract VoucherRedeemer is IVoucherRedeemer, EIP712, VoucherSigners {
    using NonceBitmap for NonceBitmap.Bitmap;

    /// @inheritdoc IVoucherRedeemer
    uint256 public constant MAX_SKEW_SECONDS = 2;

    /// @inheritdoc IVoucherRedeemer
    uint256 public constant VALIDITY_SECONDS = 300;

    /// @inheritdoc IVoucherRedeemer
    uint256 public constant MAX_BATCH = 256;

    NonceBitmap.Bitmap private _numbers;

    constructor(address initialAuthority) EIP712("mintd", "1") VoucherSigners(initialAuthority) {}

    /// @inheritdoc IVoucherRedeemer
    function redeem(Redemption calldata redemption, bytes calldata signature) public virtual {
        _checkSignature(_hashTypedDataV4(VoucherHash.ofVoucher(redemption)), signature);
        _settle(redemption, false);
    }

    /// @inheritdoc IVoucherRedeemer
    function redeemMany(Redemption[] calldata redemptions, bytes[] calldata signatures, bool skip) public virtual {
        uint256 size = redemptions.length;
        if (signatures.length != size) revert LengthMismatch(size, signatures.length);
        _checkSize(size);
        for (uint256 i = 0; i < size; ++i) {
            _checkSignature(_hashTypedDataV4(VoucherHash.ofVoucher(redemptions[i])), signatures[i]);
        }
        _settleAll(redemptions, skip);
    }

    /// @inheritdoc IVoucherRedeemer
    function redeemBatch(Redemption[] calldata redemptions, bytes calldata signature, bool skip) public virtual {
        _checkSize(redemptions.length);
        _checkSignature(_hashTypedDataV4(VoucherHash.ofBatch(redemptions)), signature);
        _settleAll(redemptions, skip);
    }

    /// @inheritdoc IVoucherRedeemer
    function cancel(uint256 word, uint256 mask) external restricted {
        emit VouchersCancelled(word, _numbers.cancel(word, mask));
    }

    /// @inheritdoc IVoucherRedeemer
    function redeemed(uint256 txCount) external view returns (bool) {
        return _numbers.used(txCount);
    }

    /// @inheritdoc IVoucherRedeemer
    function nonceWord(uint256 word) external view returns (uint256) {
        return _numbers.word(word);
    }

    /// @inheritdoc IVoucherRedeemer
    function MAX_QUANTITY() public pure virtual returns (uint256);

    function _settleAll(Redemption[] calldata redemptions, bool skip) private {
        uint256 size = redemptions.length;
        for (uint256 i = 0; i < size; ++i) {
            _settle(redemptions[i], skip);
        }
    }

    /// @dev Checks one item, uses up its number and mints, in this order. Override to contain what minting calls.
    /// Each field is read once: reading it from calldata checks its bits and costs 90 gas.
    function _settle(Redemption calldata redemption, bool skip) internal virtual {
        uint64 txCount = redemption.txCount;
        uint256 quantity = redemption.quantity;
        uint64 alignedSecond = redemption.alignedSecond;
        _checkTerms(txCount, quantity, alignedSecond);
        if (!_consume(txCount, alignedSecond, skip)) return;
        address to = redemption.to;
        uint256 firstTokenId = _mintTokens(to, quantity, redemption.uriDigest);
        emit Minted(redemption.orderId, to, firstTokenId, quantity, txCount);
    }

    /// @dev Mints `quantity` tokens, 1 to MAX_QUANTITY; the number is used up already.
    function _mintTokens(
        address to,
        uint256 quantity,
        bytes32 uriDigest
    ) internal virtual returns (uint256 firstTokenId);

    /// @dev What reverts in skip mode as well: a signer that signs this has to be looked at.
    function _checkTerms(uint64 txCount, uint256 quantity, uint64 alignedSecond) internal view {
        if (quantity == 0 || quantity > MAX_QUANTITY()) revert QuantityOutOfRange(txCount, quantity, MAX_QUANTITY());
        unchecked {
            if (alignedSecond > block.timestamp + MAX_SKEW_SECONDS) revert VoucherFromFuture(txCount, alignedSecond);
        }
    }

    /// @return fresh False if the item is to be skipped, which is logged here.
    function _consume(uint64 txCount, uint64 alignedSecond, bool skip) private returns (bool fresh) {
        bool expired;
        unchecked {
            expired = block.timestamp > uint256(alignedSecond) + VALIDITY_SECONDS;
        }
        if (expired ? _numbers.used(txCount) : !_numbers.tryUse(txCount)) {
            if (!skip) revert NonceBitmap.VoucherAlreadyRedeemed(txCount);
            emit VoucherSkipped(txCount, SkipReason.AlreadyRedeemed);
            return false;
        }
        if (expired) {
            if (!skip) revert VoucherExpired(txCount, alignedSecond);
            emit VoucherSkipped(txCount, SkipReason.Expired);
            return false;
        }
        return true;
    }

    function _checkSize(uint256 size) private pure {
        if (size == 0) revert EmptyBatch();
        if (size > MAX_BATCH) revert BatchTooLarge(size, MAX_BATCH);
    }
}
