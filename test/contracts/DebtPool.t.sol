// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {DebtPool} from "../../contracts/vault/DebtPool.sol";
import {Assert, vm} from "./Vm.sol";

contract DebtPoolTest is Assert {
    using DebtPool for DebtPool.Pool;

    uint256 private constant MAX = type(uint112).max;
    uint32 private constant NOW = 1_900_000_000;

    function setUp() public {
        vm.warp(NOW);
    }

    function test_AnEmptyPoolHasOneShareForOneUnit() public pure {
        DebtPool.Pool memory pool = _pool(0, 0);
        eq(pool.borrow(100e18), 100e18, "shares");
        eq(pool.owedDown(), 100e18, "owed");
        eq(pool.toAssetsUp(100e18), 100e18, "debt");
    }

    function test_RoundingGoesWhereTheNameSays() public pure {
        DebtPool.Pool memory pool = _pool(2e6, 1e6); // with the virtual ones: 3 units for 2 shares
        eq(pool.toSharesUp(1), 1, "1 / 1.5 up");
        eq(pool.toSharesDown(1), 0, "1 / 1.5 down");
        eq(pool.toSharesUp(3), 2, "exact up");
        eq(pool.toSharesDown(3), 2, "exact down");
        eq(pool.toAssetsUp(1), 2, "1.5 up");
        eq(pool.toAssetsDown(1), 1, "1.5 down");
        eq(pool.toAssetsUp(2), 3, "exact up");
        eq(pool.toAssetsDown(2), 3, "exact down");
        eq(pool.toSharesUp(0) + pool.toAssetsUp(0), 0, "nothing is nothing");
    }

    function test_Accrue_ChargesEachShareInProportion() public {
        DebtPool.Pool memory pool = _pool(0, 0);
        uint112 small = pool.borrow(100e18);
        uint112 large = pool.borrow(300e18);
        vm.warp(NOW + 365 days);
        pool.accrue(500);
        eq(pool.assetsD18, 420e18, "5 % of a year");
        eq(pool.accruedAt, NOW + 365 days, "until now");
        _near(pool.toAssetsUp(small), 105e18, "small");
        _near(pool.toAssetsUp(large), 315e18, "large");
        pool.accrue(500);
        eq(pool.assetsD18, 420e18, "a second is charged once");
    }

    function test_Accrue_WithoutFeeMovesTheClockOnly() public {
        DebtPool.Pool memory pool = _pool(7e18, 5e18);
        vm.warp(NOW + 1 days);
        pool.accrue(0);
        eq(pool.assetsD18, 7e18, "assets");
        eq(pool.accruedAt, NOW + 1 days, "clock");
    }

    function test_Accrue_StopsAtTheEndOfTheNumbersAndCanStillBeRepaid() public {
        DebtPool.Pool memory pool = _pool(MAX - 5, MAX - 5);
        vm.warp(NOW + 3650 days);
        pool.accrue(10_000);
        eq(pool.assetsD18, MAX, "full");
        (uint256 repaid, uint112 shares) = pool.repay(1e18, type(uint256).max);
        eq(shares, 1e18, "shares");
        _near(repaid, 1e18, "repaid");
    }

    function test_Borrow_NearTheEndOfTheNumbers() public {
        eq(_pool(0, 0).borrow(MAX), MAX, "the last that fits");
        this.borrow(_pool(0, 0), MAX);
        _expectNarrow(112, MAX + 1);
        this.borrow(_pool(0, 0), MAX + 1);
        _expectNarrow(112, MAX + 1);
        this.borrow(_pool(MAX, MAX), 1);
        // Cut off, these would be small debts.
        for (uint256 bits = 112; bits < 256; bits += 16) {
            _expectNarrow(112, (uint256(1) << bits) + 1);
            this.borrow(_pool(0, 0), (uint256(1) << bits) + 1);
        }
        _expectNarrow(112, type(uint256).max);
        this.borrow(_pool(0, 0), type(uint256).max);
    }

    function test_Borrow_RevertWhen_TheSharesDoNotFit() public {
        vm.expectPartialRevert(SafeCast.SafeCastOverflowedUintDowncast.selector);
        this.borrow(_pool(1, MAX), MAX - 2); // a share is nearly worthless: more of them than there are numbers
    }

    function test_Repay_InFullLeavesAnEmptyPoolClean() public {
        DebtPool.Pool memory pool = _pool(0, 0);
        uint112 held = pool.borrow(100e18);
        vm.warp(NOW + 365 days);
        pool.accrue(1000);
        (uint256 repaid, uint112 shares) = pool.repay(held, type(uint256).max);
        _near(repaid, 110e18, "repaid");
        eq(shares, held, "shares");
        eq(pool.assetsD18, 0, "assets");
        eq(pool.shares, 0, "no shares");
        eq(pool.borrow(100e18), 100e18, "as new");
    }

    function test_Settle_ALossIsBorneByTheOthersInProportion() public pure {
        DebtPool.Pool memory pool = _pool(0, 0);
        uint112 lost = pool.borrow(100e18);
        uint112 small = pool.borrow(100e18);
        uint112 large = pool.borrow(300e18);
        pool.settle(lost, 60e18);
        _near(pool.toAssetsUp(small), 110e18, "a quarter of 40");
        _near(pool.toAssetsUp(large), 330e18, "three quarters of 40");
        eq(pool.assetsD18, 440e18, "assets");
    }

    function test_Settle_TheLossOfTheLastMeetsNobody() public pure {
        DebtPool.Pool memory pool = _pool(0, 0);
        pool.settle(pool.borrow(100e18), 60e18);
        eq(pool.assetsD18, 0, "assets");
        uint112 next = pool.borrow(1);
        eq(pool.toAssetsUp(next), 1, "the next owes what it took");
    }

    /// @dev The first borrower keeps one unit of debt and lets a loss of any size fall on it, to make a share so dear that
    /// whoever borrows next owes much more by rounding.
    function testFuzz_AFirstBorrowerCannotMakeTheNextOwePercents(uint256 loss, uint256 borrowed) public pure {
        loss %= 1e30;
        borrowed = 1e20 + (borrowed % 1e30); // no less than a floor
        DebtPool.Pool memory pool = _pool(0, 0);
        pool.borrow(1);
        pool.settle(pool.borrow(loss + 1), 0);
        uint256 debt = pool.toAssetsUp(pool.borrow(borrowed));
        yes(debt >= borrowed, "at least what was borrowed");
        yes(debt - borrowed <= loss / DebtPool.VIRTUAL + 2, "dearer by no more than a share's price");
    }

    function testFuzz_Borrow_OwesAtLeastWhatWasTakenAndSharesStayHonest(
        uint112 assets,
        uint112 shares,
        uint256 more
    ) public pure {
        DebtPool.Pool memory pool = _any(assets, shares);
        more %= 1e30;
        uint256 owed = pool.owedDown();
        uint112 taken = pool.borrow(more);
        yes(pool.toAssetsUp(taken) >= more, "no debt below what was taken");
        yes(pool.owedDown() >= owed + more, "the pool is owed all of it");
    }

    function testFuzz_Repay_LowersDebtByNoMoreThanIsPaid(
        uint112 assets,
        uint112 shares,
        uint112 held,
        uint256 paid
    ) public pure {
        DebtPool.Pool memory pool = _any(assets, shares);
        if (pool.shares == 0) return;
        held = uint112((held % pool.shares) + 1);
        uint256 debt = pool.toAssetsUp(held);
        uint256 others = pool.toAssetsUp(pool.shares - held);
        uint256 owed = pool.owedDown();
        (uint256 repaid, uint112 gone) = pool.repay(held, paid % (debt + debt / 2 + 1));
        yes(repaid <= debt, "never more than the debt");
        uint256 left = pool.toAssetsUp(held - gone);
        yes(left + repaid >= debt, "not for free");
        yes(left + pool.toAssetsUp(pool.shares - (held - gone)) + repaid + 1 >= debt + others, "nor for the others");
        if (pool.shares > 0) yes(pool.owedDown() + repaid + 1 >= owed, "nor for the pool");
        yes(gone < held || repaid == debt, "rid of it only when it is paid");
    }

    function testFuzz_TheDebtsOfAllAddUpToAtLeastThePool(uint112 assets, uint112[5] memory parts) public pure {
        uint256 total;
        for (uint256 i = 0; i < 5; ++i) total += parts[i] % 1e30;
        DebtPool.Pool memory pool = _pool(assets % 1e32, total);
        uint256 debts;
        for (uint256 i = 0; i < 5; ++i) debts += pool.toAssetsUp(parts[i] % 1e30);
        yes(debts >= pool.owedDown(), "rounded up");
        yes(debts <= pool.owedDown() + 6, "by a unit each");
    }

    /// @notice In a frame of its own, so that its revert can be expected.
    // solhint-disable-next-line gas-calldata-parameters
    function borrow(DebtPool.Pool memory pool, uint256 assetsD18) external pure {
        pool.borrow(assetsD18);
    }

    function _expectNarrow(uint8 bits, uint256 value) private {
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, bits, value));
    }

    /// @dev A pool as can come about: a share is worth from a little under one unit to a million.
    function _any(uint112 assets, uint112 shares) private pure returns (DebtPool.Pool memory) {
        shares %= 1e26;
        return _pool(shares == 0 ? 0 : shares + (assets % (uint256(shares) * 1e6)), shares);
    }

    function _pool(uint256 assetsD18, uint256 shares) private pure returns (DebtPool.Pool memory) {
        return DebtPool.Pool({assetsD18: uint112(assetsD18), shares: uint112(shares), accruedAt: NOW});
    }

    /// @dev Within a millionth of a millionth: what the virtual shares take of a sum.
    function _near(uint256 seen, uint256 wanted, string memory what) private pure {
        uint256 gap = seen > wanted ? seen - wanted : wanted - seen;
        if (gap > wanted / 1e12 + 1) revert NotEqual(seen, wanted, what);
    }
}
