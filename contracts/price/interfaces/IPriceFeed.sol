// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Where the vault reads prices
interface IPriceFeed {
    /// @notice The newest accepted price of one whole unit of an asset, in whole cast tokens.
    /// @dev A view that never reverts: what is not known is all zeros, and the reader decides how old is too old.
    /// @param assetId The asset as the price circuit numbers it.
    /// @return price With 8 decimals, as the circuit's price(64): 2,000.00 is 200000000000. 0 means that there is none.
    /// @return timestamp The Unix second from which on its sources signed it: none of the prices behind it is older. Its age counts
    /// from here.
    /// @return blockNumber The block that the proof is bound to.
    function latestPrice(uint64 assetId) external view returns (uint64 price, uint40 timestamp, uint40 blockNumber);
}
