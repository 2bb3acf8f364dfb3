// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice An aggregator as Chainlink's look from outside; its answer is what a test sets.
contract SettableAggregator {
    struct Round {
        uint80 id;
        int256 answer;
        uint256 updatedAt;
    }

    uint8 public decimals;
    Round private _round;

    function set(uint8 decimals_, int256 answer, uint256 updatedAt) external {
        decimals = decimals_;
        _round = Round(_round.id + 1, answer, updatedAt);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        Round memory r = _round;
        return (r.id, r.answer, r.updatedAt, r.updatedAt, r.id);
    }
}

/// @notice A sequencer uptime feed as Chainlink's look from outside: the status of a rollup's sequencer and since when it is so.
contract SettableUptimeFeed {
    int256 private _status;
    uint256 private _since;

    function decimals() external pure returns (uint8) {
        return 0;
    }

    /// @param status 0 is up, 1 is down.
    function set(int256 status, uint256 since) external {
        _status = status;
        _since = since;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, _status, _since, block.timestamp, 1);
    }
}

/// @notice A Pyth contract as it looks from outside; its prices are what a test sets.
contract SettablePyth {
    struct Price {
        int64 price;
        uint64 conf;
        int32 expo;
        uint256 publishTime;
    }

    error PriceFeedNotFound();

    mapping(bytes32 id => Price) private _prices;

    function set(bytes32 id, Price calldata price) external {
        _prices[id] = price;
    }

    function getPriceUnsafe(bytes32 id) external view returns (Price memory price) {
        price = _prices[id];
        if (price.publishTime == 0) revert PriceFeedNotFound();
    }
}

/// @notice Answers every call with the bytes that a test sets.
contract Parrot {
    bytes private _answer;

    function set(bytes calldata answer) external {
        _answer = answer;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return _answer;
    }
}
