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
        _price(ETH, 1_500e8); // exactly 150 %
        bytes memory healthy = abi.encodeWithSelector(ICollateralVault.PositionHealthy.selector, address(weth), ANN);
        _expect(healthy);
        _liquidate(ANN, ALL);
        _expect(abi.encodeWithSelector(ICollateralVault.PositionHealthy.selector, address(weth), BOB));
        _liquidate(BOB, ALL); // owes nothing
        _price(ETH, 1_500e8 - 1);
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
        _price(ETH, 880e8);
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
        _price(ETH, 880e8);
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
        coin.give(ANN, 1_500e18);
        vm.prank(ANN);
        coin.approve(address(vault), ALL);
        vm.prank(ANN);
        vault.deposit(address(coin), ANN, 1_500e18);
        vm.prank(ANN);
        vault.mintCast(address(coin), 1_000e18, ANN);
        _price(COIN, 0.55e8);
        vm.prank(KEEPER);
        vault.liquidate(address(coin), ANN, ALL); // 825.00 of collateral for 750.00
        eq(vault.debtOf(address(coin)), 0, "pool");
        yes(vault.surplus() == -250e18, "tokens without a debt");
        eq(_debt(KEEPER), 100_000e18, "the debtors of another collateral do not bear it");
        _expect(abi.encodeWithSelector(ICollateralVault.NothingToCollect.selector, int256(-250e18)));
        vault.collectFees(BOB);
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
        price = 1 + (price % (1_500e8 - 1));
        _price(ETH, price);
        maxRepay = 1 + (maxRepay % 2_000e18);
        uint256 surplusBefore = uint256(-vault.surplus());
        vm.prank(KEEPER);
        try vault.liquidate(address(weth), ANN, maxRepay) returns (uint256 repaid, uint256 seized) {
            yes(repaid <= maxRepay, "no more than allowed");
            yes(seized * price <= ((repaid * 11) / 10 + 1) * 1e8 + price, "no more than the bonus");
            eq(_amount(ANN), 1 ether - seized, "collateral");
            yes(_debt(ANN) == 0 || _debt(ANN) >= 100e18, "no dust");
            yes(_debt(ANN) > 0 || repaid >= 1_000e18 || _amount(ANN) == 0, "a loss only without collateral");
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
