// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ICollaterals} from "../../contracts/vault/interfaces/ICollaterals.sol";
import {ICollateralVault} from "../../contracts/vault/interfaces/ICollateralVault.sol";
import {OddToken, RefusingToken, SilentToken} from "./mocks/Tokens.sol";
import {VaultTest} from "./VaultTest.sol";
import {vm} from "./Vm.sol";

contract LiquidationTest is VaultTest {
    uint256 private constant ALL = type(uint256).max;

    function setUp() public {
        _start();
        // What a keeper pays with, and a debt that losses can fall on.
        _open(KEEPER, 1_000 ether, 100_000e18);
    }

    function test_Liquidate_RevertWhen_ThePositionIsHealthy() public {
        _open(ANN, 1 ether, 1_000e18);
        _price(ETH, 1_450e8); // exactly 145 %: LIQUIDATION_GAP_BPS below what a mint demands
        bytes memory healthy = abi.encodeWithSelector(ICollateralVault.PositionHealthy.selector, address(weth), ANN);
        _expect(healthy);
        _liquidate(ANN, ALL);
        _expect(abi.encodeWithSelector(ICollateralVault.PositionHealthy.selector, address(weth), BOB));
        _liquidate(BOB, ALL); // owes nothing
        _price(ETH, 1_450e8 - 1);
        _liquidate(ANN, ALL);
    }

    function test_Liquidate_PaysTheDebtAndTakesTheBonus() public {
        _open(ANN, 1 ether, 1_000e18);
        _price(ETH, 1_250e8);
        vm.expectEmit(address(vault));
        emit ICollateralVault.Liquidated(address(weth), ANN, KEEPER, 1_000e18, 0.88 ether, 0);
        (uint256 repaid, uint256 seized) = _liquidate(ANN, ALL);
        eq(repaid, 1_000e18, "all of the debt");
        eq(seized, 0.88 ether, "1,100.00 at 1,250.00");
        eq(weth.balanceOf(KEEPER), 0.88 ether, "paid out");
        eq(cast.balanceOf(KEEPER), 99_000e18, "burned");
        eq(_debt(ANN), 0, "no debt");
        eq(_amount(ANN), 0.12 ether, "the rest is the owner's");
        eq(vault.debtOf(address(weth)), 100_000e18, "pool");
    }

    function test_Liquidate_APart() public {
        _open(ANN, 1 ether, 1_000e18);
        _price(ETH, 1_250e8);
        _expect(_belowFloor(100e18 - 1));
        _liquidate(ANN, 900e18 + 1);
        vm.expectEmit(address(vault));
        emit ICollateralVault.Liquidated(address(weth), ANN, KEEPER, 900e18, 0.792 ether, 0);
        _liquidate(ANN, 900e18);
        eq(_debt(ANN), 100e18, "debt");
        eq(_amount(ANN), 0.208 ether, "collateral");
        _expect(abi.encodeWithSelector(ICollateralVault.PositionHealthy.selector, address(weth), ANN));
        _liquidate(ANN, ALL);
    }

    function test_Liquidate_WhatCollateralCannotPayIsOwedByTheOthers() public {
        _open(ANN, 1 ether, 1_000e18);
        _open(BOB, 100 ether, 50_000e18);
        _price(ETH, 816e8); // 800.00 and the incentive of 2 %
        vm.expectEmit(address(vault));
        emit ICollateralVault.Liquidated(address(weth), ANN, KEEPER, 800e18, 1 ether, 200e18);
        _liquidate(ANN, ALL);
        eq(_amount(ANN), 0, "all of it");
        eq(_debt(ANN), 0, "and no debt");
        _near(_debt(BOB), 50_000e18 + uint256(200e18) / 3, "a third of the loss");
        _near(_debt(KEEPER), 100_000e18 + uint256(400e18) / 3, "two thirds");
        _near(vault.debtOf(address(weth)), 150_200e18, "the pool is owed the same");
        // 200e18 * 1e6 / 150,000e18 of it falls to the virtual shares.
        yes(vault.surplus() <= 0 && vault.surplus() > -1_336, "as many tokens as debts");
    }

    function test_Liquidate_APartOfWhatIsUnderWaterLeavesTheLossForTheLast() public {
        _open(ANN, 1 ether, 1_000e18);
        _price(ETH, 816e8);
        _liquidate(ANN, 400e18);
        eq(_debt(ANN), 600e18, "debt");
        eq(_amount(ANN), 0.5 ether, "half of it");
        eq(_debt(KEEPER), 100_000e18, "nobody has lost yet");
        vm.expectEmit(address(vault));
        emit ICollateralVault.Liquidated(address(weth), ANN, KEEPER, 400e18, 0.5 ether, 200e18);
        _liquidate(ANN, 400e18);
        _near(_debt(KEEPER), 100_200e18, "now");
    }

    function test_Liquidate_TheLossOfTheOnlyDebtorStandsInTheSurplus() public {
        _openCoin(ANN, 1_500e18, 1_000e18);
        _price(COIN, 0.51e8);
        _liquidateCoin(ANN, ALL); // 765.00 of collateral for 750.00
        eq(vault.debtOf(address(coin)), 0, "pool");
        yes(vault.surplus() == -250e18, "tokens without a debt");
        eq(_debt(KEEPER), 100_000e18, "the debtors of another collateral do not bear it");
        _expect(abi.encodeWithSelector(ICollateralVault.NothingToCollect.selector, int256(-250e18)));
        vault.collectFees(BOB);
    }

    function test_Liquidate_TheBonusShrinksBeforeAnybodyLoses() public {
        _open(ANN, 1 ether, 1_000e18);
        _price(ETH, 1_050e8); // 105 %, with a bonus of 10 %
        vm.expectEmit(address(vault));
        emit ICollateralVault.Liquidated(address(weth), ANN, KEEPER, 400e18, 0.4 ether, 0);
        _liquidate(ANN, 400e18); // worth 420.00: a part of the debt buys as large a part of the collateral
        vm.expectEmit(address(vault));
        emit ICollateralVault.Liquidated(address(weth), ANN, KEEPER, 600e18, 0.6 ether, 0);
        _liquidate(ANN, ALL);
        eq(_debt(KEEPER), 100_000e18, "nobody has lost");
    }

    function test_Liquidate_AtExactlyTheDebtNobodyLosesAndBelowItTheIncentiveIsTheOthers() public {
        _open(ANN, 1 ether, 1_000e18);
        _open(BOB, 1 ether, 1_000e18);
        _price(ETH, 1_000e8);
        (uint256 repaid, uint256 seized) = _liquidate(ANN, ALL);
        eq(repaid, 1_000e18, "all of the debt");
        eq(seized, 1 ether, "for as much");
        _price(ETH, 1_000e8 - 1);
        (repaid, seized) = _liquidate(BOB, ALL);
        _near((repaid * 102) / 100, 1_000e18 - 1e10, "2 % beyond the payment");
        eq(seized, 1 ether, "all of it");
    }

    function test_Liquidate_TheIncentiveIsNeverMoreThanTheBonus() public {
        vault.setCharges(address(weth), 50, 0);
        _open(ANN, 1 ether, 1_000e18);
        _price(ETH, 804e8);
        (uint256 repaid, uint256 seized) = _liquidate(ANN, ALL);
        eq(repaid, 800e18, "half a percent");
        eq(seized, 1 ether, "all of it");
    }

    /// @dev The numbers that ICollateralVault and docs/contracts.md warn with.
    function test_Liquidate_ALossCanTakeAllOfADebtorWhoWasFarFromIt() public {
        _price(COIN, 2_000e8);
        _openCoin(ANN, 75e18, 100_000e18);
        _openCoin(BOB, 15e18, 6_000e18);
        _price(COIN, 1_100e8);
        vm.expectPartialRevert(ICollateralVault.PositionHealthy.selector);
        _liquidateCoin(BOB, ALL);
        (uint256 repaid, ) = _liquidateCoin(ANN, ALL);
        eq(repaid / 1e16, 80_882_35, "paid");
        eq(_coinDebt(BOB) / 1e16, 25_117_64, "6,000.00 and 19,117.64");
        (repaid, ) = _liquidateCoin(BOB, ALL);
        eq(repaid / 1e16, 16_176_47, "all that he had");
        eq(uint256(-vault.surplus()) / 1e16, 8_941_17, "the rest meets nobody");
    }

    function test_Liquidate_APartTooSmallToBuyAUnitMovesNothing() public {
        OddToken token = new OddToken(0);
        vault.addCollateral(address(token), _terms(10));
        _price(10, 100e8);
        token.give(ANN, 150);
        _approve(address(token), 150);
        vm.prank(ANN);
        vault.deposit(address(token), ANN, 150);
        vm.prank(ANN);
        vault.mintCast(address(token), 10_000e18, ANN);
        _price(10, 80e8);
        token.setFee(1); // this token moves no less
        vm.prank(KEEPER);
        (uint256 repaid, uint256 seized) = vault.liquidate(address(token), ANN, 1e18);
        eq(repaid, 1e18, "paid");
        eq(seized, 0, "1.10 is less than a unit");
    }

    function test_Ceiling_CountsWhatIsOwedAndNoLossThatFellToNobody() public {
        vault.setLimits(address(coin), 200_000, 0);
        _price(COIN, 2_000e8);
        _openCoin(BOB, 1e18, 100e18);
        vm.prank(BOB);
        vault.repay(address(coin), BOB, 100e18 - 1); // keeps one unit of debt, and a share
        _openCoin(ANN, 150e18, 199_900e18);
        _price(COIN, 1);
        _liquidateCoin(ANN, ALL);
        // 1e6 virtual shares and one real share.
        yes(vault.debtOf(address(coin)) < 0.2e18, "hardly anything is owed");
        _price(COIN, 2_000e8);
        _openCoin(STRANGER, 150e18, 199_000e18);
        yes(_coinDebt(STRANGER) - 199_000e18 < 0.2e18, "what it took, up to a share's price");
    }

    function testFuzz_Liquidate_DoingItToOneselfSavesNoMoreThanTheIncentive(uint64 price, uint256 part) public {
        _open(ANN, 1 ether, 1_000e18);
        price = 1 + (price % (1_450e8 - 1));
        _price(ETH, price);
        part = part % 900e18;
        uint256 paid;
        // Nobody is worse off by taking a part first. It may be refused: all of it bought for less leaves nothing.
        if (part > 0) (paid, ) = _liquidate(ANN, part);
        if (_debt(ANN) > 0) {
            vm.prank(KEEPER);
            try vault.liquidate(address(weth), ANN, ALL) returns (uint256 rest, uint256) {
                paid += rest;
            } catch (bytes memory answer) {
                eq(bytes32(bytes4(answer)), bytes32(ICollateralVault.PositionHealthy.selector), "the part was enough");
                paid += _repay(KEEPER, ANN, ALL);
            }
        }
        uint256 worth = uint256(price) * 1e10;
        uint256 free = worth < 1_000e18 ? 1_000e18 - worth : 0; // walking away saves as much
        yes(paid + free + (worth * 200) / 10_200 + 2 >= 1_000e18, "no more than the incentive");
        if (worth >= 1_000e18) yes(paid >= 1_000e18, "as dear as repaying, while there is enough");
    }

    function test_Liquidate_RevertWhen_TheInputIsBad() public {
        _open(ANN, 1 ether, 1_000e18);
        _price(ETH, 1_250e8);
        _expect(abi.encodeWithSelector(ICollateralVault.ZeroAmount.selector));
        _liquidate(ANN, 0);
        _expect(abi.encodeWithSelector(ICollaterals.CollateralUnknown.selector, BOB));
        vault.liquidate(BOB, ANN, 1);
        _expect(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, STRANGER, 0, 1_000e18));
        vm.prank(STRANGER);
        vault.liquidate(address(weth), ANN, ALL);
    }

    function testFuzz_Liquidate_TheKeeperNeverGetsMoreThanTheBonus(uint64 price, uint256 maxRepay) public {
        _open(ANN, 1 ether, 1_000e18);
        price = 1 + (price % (1_450e8 - 1));
        _price(ETH, price);
        maxRepay = 1 + (maxRepay % 2_000e18);
        uint256 surplusBefore = uint256(-vault.surplus());
        vm.prank(KEEPER);
        try vault.liquidate(address(weth), ANN, maxRepay) returns (uint256 repaid, uint256 seized) {
            yes(repaid <= maxRepay, "no more than allowed");
            yes(seized * price <= ((repaid * 11) / 10 + 1) * 1e8 + price, "no more than the bonus");
            eq(_amount(ANN), 1 ether - seized, "collateral");
            yes(_debt(ANN) == 0 || _debt(ANN) >= 100e18, "no dust");
            bool lost = _debt(ANN) + repaid < 1_000e18;
            yes(!lost || (_amount(ANN) == 0 && price < 1_000e8), "a loss only of what is worth less than the debt");
            yes(!lost || seized * price <= ((repaid * 102) / 100 + 3) * 1e8, "and then no more than the incentive");
            // 1,000e18 * 1e6 / 100,000e18 of it may fall to the virtual shares.
            yes(uint256(-vault.surplus()) <= surplusBefore + 10_002, "no token loses its debt");
        } catch (bytes memory answer) {
            eq(bytes32(bytes4(answer)), bytes32(ICollateralVault.DebtBelowFloor.selector), "the only reason to refuse");
        }
    }

    function test_Fees_GrowDebtsAndAreCollected() public {
        vault.setCharges(address(weth), 1_000, 500);
        _open(ANN, 100 ether, 50_000e18);
        vm.warp(NOW + 365 days);
        _near(_debt(ANN), 52_500e18, "5 % a year");
        _near(vault.debtOf(address(weth)), 157_500e18, "pool");
        uint256 surplus = uint256(vault.surplus());
        _near(surplus, 7_500e18, "fees");
        vm.expectEmit(address(vault));
        emit ICollateralVault.FeesCollected(BOB, surplus);
        eq(vault.collectFees(BOB), surplus, "collected");
        eq(cast.balanceOf(BOB), surplus, "minted");
        eq(uint256(vault.surplus()), 0, "as many tokens as debts");
        _expect(abi.encodeWithSelector(ICollateralVault.NothingToCollect.selector, int256(0)));
        vault.collectFees(BOB);
        // The next borrower owes nothing for the time before.
        _price(ETH, 2_000e8);
        _open(STRANGER, 10 ether, 1_000e18);
        yes(_debt(STRANGER) - 1_000e18 <= 1, "new, and rounded up");
    }

    function test_CollectFees_RevertWhen_TheCallerHasNoRole() public {
        _expect(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        vm.prank(STRANGER);
        vault.collectFees(STRANGER);
    }

    function test_AFullRoundWithTokensOfAnyDecimals() public {
        uint8[6] memory decimals = [0, 6, 8, 18, 24, 36];
        for (uint256 i = 0; i < 6; ++i) {
            OddToken token = new OddToken(decimals[i]);
            uint256 unit = 10 ** decimals[i];
            _round(address(token), uint64(10 + i), 150 * unit, 144 * unit);
        }
    }

    function test_AFullRoundWithATokenThatAnswersNothing() public {
        _round(address(new SilentToken()), 10, 150e6, 144e6);
    }

    function test_ATokenThatTakesAFeeIsRefused() public {
        coin.give(ANN, 100);
        vm.prank(ANN);
        coin.approve(address(vault), 100);
        coin.setFee(1);
        _expect(abi.encodeWithSelector(ICollateralVault.TransferMismatch.selector, address(coin), 99, 100));
        vm.prank(ANN);
        vault.deposit(address(coin), ANN, 100);
    }

    function test_ATokenThatAnswersFalseIsRefused() public {
        address token = address(new RefusingToken());
        vault.addCollateral(token, _terms(10));
        _expect(abi.encodeWithSignature("SafeERC20FailedOperation(address)", token));
        vault.deposit(token, ANN, 1);
    }

    /// @dev In at 100.00, mint 10,000.00, out again; then the price falls to 76.388888.. and a keeper takes `taken`.
    function _round(address token, uint64 assetId, uint256 amount, uint256 taken) private {
        vault.addCollateral(token, _terms(assetId));
        _price(assetId, 100e8);
        OddToken(token).give(ANN, amount);
        _approve(token, amount);
        vm.prank(ANN);
        vault.deposit(token, ANN, amount);
        vm.prank(ANN);
        vault.mintCast(token, 10_000e18, ANN);
        vm.expectPartialRevert(ICollateralVault.InsufficientlyCovered.selector);
        vm.prank(ANN);
        vault.withdraw(token, 1, ANN);
        vm.prank(ANN);
        vault.repay(token, ANN, ALL);
        vm.prank(ANN);
        vault.withdraw(token, amount, ANN);
        eq(OddToken(token).balanceOf(ANN), amount, "back");

        _approve(token, amount);
        vm.prank(ANN);
        vault.deposit(token, ANN, amount);
        vm.prank(ANN);
        vault.mintCast(token, 10_000e18, ANN);
        _price(assetId, 76.38888888e8);
        vm.prank(KEEPER);
        (, uint256 seized) = vault.liquidate(token, ANN, 10_000e18);
        _nearBillion(seized, taken);
        eq(OddToken(token).balanceOf(KEEPER), seized, "paid out");
        vm.prank(ANN);
        cast.transfer(KEEPER, 10_000e18);
    }

    function _approve(address token, uint256 amount) private {
        vm.prank(ANN);
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, ) = token.call(abi.encodeCall(OddToken(token).approve, (address(vault), amount)));
        yes(success, "approve"); // whatever it answers
    }

    function _nearBillion(uint256 seen, uint256 wanted) private pure {
        uint256 gap = seen > wanted ? seen - wanted : wanted - seen;
        if (gap > wanted / 1e9 + 1) revert NotEqual(seen, wanted, "seized");
    }

    function _belowFloor(uint256 debtD18) private view returns (bytes memory) {
        return
            abi.encodeWithSelector(ICollateralVault.DebtBelowFloor.selector, address(weth), debtD18, uint256(100e18));
    }
}
