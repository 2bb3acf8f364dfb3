// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {HybridNonce} from "./HybridNonce.sol";
import {Redemption} from "./interfaces/IVoucherRedeemer.sol";

/// @title EIP-712 struct hashes of vouchers
/// @dev The call brings `txCount` and `alignedSecond`; what was signed holds their hybrid nonce, computed here again.
library VoucherHash {
    bytes32 internal constant VOUCHER_TYPEHASH = keccak256(
        "Voucher(address to,uint32 quantity,bytes32 hybridNonce,bytes32 orderId,bytes32 uriDigest)"
    );

    bytes32 internal constant BATCH_TYPEHASH = keccak256(
        "VoucherBatch(Voucher[] vouchers)Voucher(address to,uint32 quantity,bytes32 hybridNonce,bytes32 orderId,bytes32 uriDigest)"
    );

    /// @notice The struct hash of the voucher behind `redemption`.
    /// @dev keccak256(abi.encode(VOUCHER_TYPEHASH, to, quantity, hybridNonce, orderId, uriDigest)).
    ///
    /// Written beyond the free memory pointer without moving it, and copied from calldata unchecked; both because a batch
    /// does this 256 times. Unchecked is safe: a field with bits above its type is either hashed as it stands, and no signer
    /// signs that, or lost here (those of alignedSecond) and refused when Solidity reads the field to redeem.
    function ofVoucher(Redemption calldata redemption) internal pure returns (bytes32 hash) {
        bytes32 typeHash = VOUCHER_TYPEHASH;
        uint256 txCount;
        uint64 alignedSecond;
        assembly ("memory-safe") {
            txCount := calldataload(add(redemption, 0x40))
            alignedSecond := calldataload(add(redemption, 0x60))
        }
        bytes32 hybridNonce = HybridNonce.ofSecond(txCount, alignedSecond);
        assembly ("memory-safe") {
            let encoded := mload(0x40)
            mstore(encoded, typeHash)
            calldatacopy(add(encoded, 0x20), redemption, 0x40) // to, quantity
            mstore(add(encoded, 0x60), hybridNonce)
            calldatacopy(add(encoded, 0x80), add(redemption, 0x80), 0x40) // orderId, uriDigest
            hash := keccak256(encoded, 0xc0)
        }
    }

    /// @notice The struct hash of the batch of all vouchers behind `redemptions`, in their order.
    /// @dev keccak256(abi.encode(BATCH_TYPEHASH, keccak256(abi.encodePacked(hashes)))), without copying the hashes.
    function ofBatch(Redemption[] calldata redemptions) internal pure returns (bytes32) {
        uint256 size = redemptions.length;
        bytes32[] memory hashes = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            bytes32 hash = ofVoucher(redemptions[i]);
            assembly ("memory-safe") {
                mstore(add(add(hashes, 0x20), shl(5, i)), hash)
            }
        }
        bytes32 arrayHash;
        assembly ("memory-safe") {
            arrayHash := keccak256(add(hashes, 0x20), shl(5, size))
        }
        return keccak256(abi.encode(BATCH_TYPEHASH, arrayHash));
    }
}
