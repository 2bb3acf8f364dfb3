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
    function ofVoucher(Redemption calldata redemption) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    VOUCHER_TYPEHASH,
                    redemption.to,
                    redemption.quantity,
                    HybridNonce.ofSecond(redemption.txCount, redemption.alignedSecond),
                    redemption.orderId,
                    redemption.uriDigest
                )
            );
    }

    /// @notice The struct hash of the batch of all vouchers behind `redemptions`, in their order.
    function ofBatch(Redemption[] calldata redemptions) internal pure returns (bytes32) {
        uint256 size = redemptions.length;
        bytes32[] memory hashes = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            hashes[i] = ofVoucher(redemptions[i]);
        }
        return keccak256(abi.encode(BATCH_TYPEHASH, keccak256(abi.encodePacked(hashes))));
    }
}
