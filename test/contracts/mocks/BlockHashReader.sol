// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {BlockHashes} from "../../../contracts/price/BlockHashes.sol";

/// @title The library, for callers outside of the chain
contract BlockHashReader {
    /// @return hash What the library gives for block `number`.
    /// @return height The height that was current for this call: nodes differ in what `eth_call` takes for it.
    function find(uint256 number) external view returns (bytes32 hash, uint256 height) {
        return (BlockHashes.find(number), block.number);
    }
}
