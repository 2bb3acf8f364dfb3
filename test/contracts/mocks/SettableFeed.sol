// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IPriceFeed} from "../../../contracts/price/interfaces/IPriceFeed.sol";

/// @notice A price that a test sets.
contract SettableFeed is IPriceFeed {
    struct Price {
        uint64 price;
        uint40 timestamp;
        uint40 blockNumber;
    }

    mapping(uint64 assetId => Price) private _prices;

    function set(uint64 assetId, uint64 price, uint40 timestamp) external {
        _prices[assetId] = Price(price, timestamp, uint40(block.number));
    }

    /// @inheritdoc IPriceFeed
    function latestPrice(uint64 assetId) external view returns (uint64, uint40, uint40) {
        Price memory p = _prices[assetId];
        return (p.price, p.timestamp, p.blockNumber);
    }
}
