// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title What collateral is worth against a debt, and what a liquidation takes of it
/// @dev Amounts are in the token's smallest unit and below 2^128, debts have 18 decimals and are below 2^113, prices have 8
/// decimals and are below 2^64, tokens have at most 36 decimals: then no product leaves 256 bits. src/cast/position.ts reckons
/// the same off chain, and a test compares the two.
library Cover {
    uint256 internal constant BPS = 10_000;

    /// @dev What a liquidator gets at most where the collateral is worth less than the debt.
    uint256 internal constant INCENTIVE_BPS = 200;

    /// @dev From a price with 8 decimals to a debt with 18.
    uint256 private constant PRICE_TO_D18 = 1e10;

    /// @notice Whether the collateral is worth what the ratio demands of the debt. Without a division, so without rounding.
    function covers(
        uint256 amount,
        uint256 debtD18,
        uint256 price,
        uint256 ratioBps,
        uint256 decimals
    ) internal pure returns (bool) {
        unchecked {
            return amount * price * (PRICE_TO_D18 * BPS) >= debtD18 * ratioBps * 10 ** decimals;
        }
    }

    /// @notice What a payment of up to `maxRepayD18` takes of a position that owes something. The bonus comes out of what
    /// the collateral is worth beyond the debt, and shrinks where that is less. If it is worth less than the debt, a payment
    /// buys no more than INCENTIVE_BPS beyond itself, and when all the collateral is bought the rest of the debt is lost.
    /// @return repaidD18 What is paid, rounded up where it buys all of the collateral.
    /// @return seized What it buys, rounded down.
    /// @return lossD18 Debt that nobody pays; without it `debtD18 - repaidD18` is still owed.
    function seize(
        uint256 amount,
        uint256 debtD18,
        uint256 price,
        uint256 bonusBps,
        uint256 decimals,
        uint256 maxRepayD18
    ) internal pure returns (uint256 repaidD18, uint256 seized, uint256 lossD18) {
        repaidD18 = Math.min(maxRepayD18, debtD18);
        if (covers(amount, debtD18, price, BPS, decimals)) {
            // No more than its part of the debt: whoever pays all of it gets all there is, whatever the bonus.
            seized = Math.min(_bought(repaidD18, price, bonusBps, decimals), (amount * repaidD18) / debtD18);
            return (repaidD18, seized, 0);
        }
        bonusBps = Math.min(bonusBps, INCENTIVE_BPS);
        uint256 worthD18 = _priceOf(amount, price, bonusBps, decimals);
        if (worthD18 <= maxRepayD18) return (worthD18, amount, debtD18 - worthD18);
        return (repaidD18, _bought(repaidD18, price, bonusBps, decimals), 0);
    }

    /// @dev The collateral that a payment buys, rounded down.
    function _bought(
        uint256 paidD18,
        uint256 price,
        uint256 bonusBps,
        uint256 decimals
    ) private pure returns (uint256 amount) {
        return (paidD18 * (BPS + bonusBps) * 10 ** decimals) / (price * PRICE_TO_D18 * BPS);
    }

    /// @dev The payment that buys the collateral, rounded up.
    function _priceOf(
        uint256 amount,
        uint256 price,
        uint256 bonusBps,
        uint256 decimals
    ) private pure returns (uint256 paidD18) {
        return Math.ceilDiv(amount * price * PRICE_TO_D18 * BPS, (BPS + bonusBps) * 10 ** decimals);
    }
}
