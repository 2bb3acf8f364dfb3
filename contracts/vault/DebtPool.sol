// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Debts of many accounts as shares of one debt
/// @notice A fee and a loss touch one number, however many accounts there are: each share owes more from then on.
/// @dev One storage slot: read it to memory, change it there, write it back once. A debt is rounded up and what the whole
/// pool is owed is rounded down, so the debts of all accounts add up to at least that. `VIRTUAL` shares and assets stand
/// beside the real ones and keep the price of a share smooth while the pool is nearly empty; what falls to them is owed
/// by nobody and counted nowhere. Amounts and shares are below 2^113, so that a product of two fits into a word.
library DebtPool {
    struct Pool {
        /// @dev What was borrowed and charged and is not repaid yet.
        uint112 assetsD18;
        uint112 shares;
        /// @dev Unix seconds, up to the year 2106: until when fees are charged.
        uint32 accruedAt;
    }

    uint256 internal constant VIRTUAL = 1e6;
    uint256 private constant BPS_YEARS = 10_000 * 365 days;

    /// @notice The pool of a storage slot.
    function load(Pool memory self, uint256 word) internal pure {
        self.assetsD18 = uint112(word);
        self.shares = uint112(word >> 112);
        self.accruedAt = uint32(word >> 224);
    }

    /// @notice The pool as one word for its storage slot. Written by its fields, the slot would be written three times.
    function toWord(Pool memory self) internal pure returns (uint256) {
        return uint256(self.assetsD18) | (uint256(self.shares) << 112) | (uint256(self.accruedAt) << 224);
    }

    /// @notice The fewest shares that owe at least `assetsD18`.
    function toSharesUp(Pool memory self, uint256 assetsD18) internal pure returns (uint256) {
        return _mulDivUp(assetsD18, self.shares, self.assetsD18);
    }

    /// @notice The most shares that owe no more than `assetsD18`.
    function toSharesDown(Pool memory self, uint256 assetsD18) internal pure returns (uint256) {
        return _mulDivDown(assetsD18, self.shares, self.assetsD18);
    }

    /// @notice What an account with `shares` must pay.
    function toAssetsUp(Pool memory self, uint256 shares) internal pure returns (uint256) {
        return _mulDivUp(shares, self.assetsD18, self.shares);
    }

    /// @notice What may be counted on from `shares`.
    function toAssetsDown(Pool memory self, uint256 shares) internal pure returns (uint256) {
        return _mulDivDown(shares, self.assetsD18, self.shares);
    }

    /// @notice What all real shares owe together.
    function owedDown(Pool memory self) internal pure returns (uint256) {
        return toAssetsDown(self, self.shares);
    }

    /// @notice Adds a debt. Reverts with `SafeCastOverflowedUintDowncast` from 2^112 on.
    /// @return shares What the borrower holds of it from now on.
    function borrow(Pool memory self, uint256 assetsD18) internal pure returns (uint112 shares) {
        shares = SafeCast.toUint112(toSharesUp(self, SafeCast.toUint112(assetsD18)));
        self.assetsD18 = SafeCast.toUint112(uint256(self.assetsD18) + assetsD18);
        self.shares = SafeCast.toUint112(uint256(self.shares) + shares);
    }

    /// @notice Pays off up to `maxAssetsD18` of what `held` shares owe.
    /// @return repaidD18 What has to be paid.
    /// @return shares How many of the shares are gone.
    function repay(
        Pool memory self,
        uint112 held,
        uint256 maxAssetsD18
    ) internal pure returns (uint256 repaidD18, uint112 shares) {
        repaidD18 = toAssetsUp(self, held);
        shares = held;
        if (maxAssetsD18 < repaidD18) {
            repaidD18 = maxAssetsD18;
            shares = uint112(toSharesDown(self, maxAssetsD18)); // fewer than are held
        }
        settle(self, shares, repaidD18);
    }

    /// @notice Takes `shares` out against a payment of `repaidD18`. What they owed beyond it is owed by all others.
    function settle(Pool memory self, uint112 shares, uint256 repaidD18) internal pure {
        self.shares -= shares;
        // Of an empty pool nobody owes what remains by rounding or loss; it must not meet the next borrower.
        self.assetsD18 = self.shares == 0 ? 0 : uint112(Math.saturatingSub(self.assetsD18, repaidD18));
    }

    /// @notice Charges all shares the fee for the time since the last time. Stops at 2^112 - 1, so that a full pool can
    /// still be repaid.
    function accrue(Pool memory self, uint256 feeBpsPerYear) internal view {
        uint256 elapsedSeconds = block.timestamp - self.accruedAt;
        if (elapsedSeconds == 0) return;
        uint256 chargedD18 = self.assetsD18;
        unchecked {
            chargedD18 += (chargedD18 * feeBpsPerYear * elapsedSeconds) / BPS_YEARS; // 2^112 * 2^16 * 2^32
        }
        self.assetsD18 = uint112(Math.min(chargedD18, type(uint112).max));
        self.accruedAt = uint32(block.timestamp);
    }

    function _mulDivUp(uint256 x, uint256 above, uint256 below) private pure returns (uint256) {
        unchecked {
            return (x * (above + VIRTUAL) + below + (VIRTUAL - 1)) / (below + VIRTUAL);
        }
    }

    function _mulDivDown(uint256 x, uint256 above, uint256 below) private pure returns (uint256) {
        unchecked {
            return (x * (above + VIRTUAL)) / (below + VIRTUAL);
        }
    }
}
