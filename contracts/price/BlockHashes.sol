// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Hashes of the last 300 blocks
/// @dev BLOCKHASH knows the last 256; the EIP-2935 history contract knows 8,191. Not every chain has the latter, and a
/// development chain may have a stub there that reverts with data: only a call that succeeds and returns exactly one word
/// other than zero is believed. (OpenZeppelin's Blockhash takes what a reverting stub returns for a hash.)
library BlockHashes {
    /// @dev How many blocks back a hash is given for.
    uint256 internal constant MAX_AGE_BLOCKS = 300;

    /// @dev EIP-2935.
    address private constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @dev How many blocks back BLOCKHASH looks.
    uint256 private constant OPCODE_AGE_BLOCKS = 256;

    /// @notice The hash of block `height`.
    /// @return hash Zero when there is none to be had: the block is the present one or comes later, it is more than
    /// MAX_AGE_BLOCKS old, or it is more than 256 blocks old and the chain has no history contract.
    function find(uint256 height) internal view returns (bytes32 hash) {
        if (height >= block.number) return 0;
        uint256 ageBlocks = block.number - height;
        if (ageBlocks <= OPCODE_AGE_BLOCKS) return blockhash(height);
        if (ageBlocks > MAX_AGE_BLOCKS) return 0;
        assembly ("memory-safe") {
            mstore(0x00, height)
            let success := staticcall(gas(), HISTORY, 0x00, 0x20, 0x00, 0x20)
            if and(success, eq(returndatasize(), 0x20)) {
                hash := mload(0x00)
            }
        }
    }
}
