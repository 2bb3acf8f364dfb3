// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Hybrid nonce: a mint number bound to a second
/// @dev keccak256(abi.encodePacked(uint256 txCount, uint64 alignedSecond)). It is what a signer signs, so the pair cannot
/// be taken apart: a voucher is for this number in this window and for nothing else.
library HybridNonce {
    /// @notice The hybrid nonce of `txCount` at the local time `localMs`, in milliseconds, aligned down to its second.
    function compute(uint256 txCount, uint64 localMs) internal pure returns (bytes32) {
        return ofSecond(txCount, localMs / 1000);
    }

    /// @notice The hybrid nonce of `txCount` in the second `alignedSecond`.
    function ofSecond(uint256 txCount, uint64 alignedSecond) internal pure returns (bytes32 nonce) {
        // 32 + 8 bytes fit into the scratch space, so nothing is allocated.
        assembly ("memory-safe") {
            mstore(0x00, txCount)
            mstore(0x20, shl(192, alignedSecond))
            nonce := keccak256(0x00, 0x28)
        }
    }
}
