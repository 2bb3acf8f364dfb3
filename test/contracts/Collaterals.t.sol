// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {CollateralTerms, ICollaterals} from "../../contracts/vault/interfaces/ICollaterals.sol";
import {ICollateralVault} from "../../contracts/vault/interfaces/ICollateralVault.sol";
import {OddToken} from "./mocks/Tokens.sol";
import {VaultTest} from "./VaultTest.sol";
import {vm} from "./Vm.sol";

contract CollateralsTest is VaultTest {
    function setUp() public {
        _start();
    }

    function test_AddCollateral_KeepsTheTermsAndTellsThem() public {
        OddToken token = new OddToken(6);
        CollateralTerms memory terms = CollateralTerms(type(uint64).max, 13_500, 900, 77, 600, 1e12, 1e7);
        vm.expectEmit(address(vault));
        emit ICollaterals.CollateralAdded(address(token), terms, 6);
        vault.addCollateral(address(token), terms);
        CollateralTerms memory kept = vault.termsOf(address(token));
        eq(keccak256(abi.encode(kept)), keccak256(abi.encode(terms)), "terms");
        eq(vault.liquidationRatioBps(address(token)), 13_000, "a gap below the ratio");
        no(vault.paused(address(token)), "paused");
        eq(vault.collaterals().length, 3, "three");
        eq(vault.collaterals()[2], address(token), "the last");
    }

    function test_AddCollateral_RevertWhen_ItExists() public {
        _expect(abi.encodeWithSelector(ICollaterals.CollateralExists.selector, address(coin)));
        vault.addCollateral(address(coin), _terms(9));
    }

    function test_AddCollateral_RevertWhen_ThereAreTooMany() public {
        for (uint256 i = 2; i < 32; ++i) vault.addCollateral(address(new OddToken(18)), _terms(9));
        address last = address(new OddToken(18));
        _expect(abi.encodeWithSelector(ICollaterals.TooManyCollaterals.selector, 32));
        vault.addCollateral(last, _terms(9));
        eq(uint256(vault.surplus()), 0, "and the sum over all of them is affordable");
    }

    function test_AddCollateral_RevertWhen_ThereAreTooManyDecimals() public {
        address token = address(new OddToken(37));
        _expect(abi.encodeWithSelector(ICollaterals.DecimalsOutOfRange.selector, token, 37));
        vault.addCollateral(token, _terms(9));
    }

    function test_RevertWhen_TheRatioDoesNotExceedTheBonusAndTheGap() public {
        eq(vault.LIQUIDATION_GAP_BPS(), 500, "gap");
        CollateralTerms memory terms = _terms(9);
        terms.ratioBps = 11_500;
        address token = address(new OddToken(18));
        _expect(abi.encodeWithSelector(ICollaterals.RatioTooLow.selector, 11_500, 11_500));
        vault.addCollateral(token, terms);
        terms.ratioBps = 11_501;
        vault.addCollateral(token, terms);
        _expect(abi.encodeWithSelector(ICollaterals.RatioTooLow.selector, 11_500, 11_500));
        vault.setRatio(address(weth), 11_500);
        vault.setRatio(address(weth), 11_501);
        _expect(abi.encodeWithSelector(ICollaterals.RatioTooLow.selector, 11_501, 11_501));
        vault.setCharges(address(weth), 1_001, 0);
        // While a ratio ramps, the one that liquidates counts.
        vault.setRatio(address(weth), 20_000);
        _expect(abi.encodeWithSelector(ICollaterals.RatioTooLow.selector, 11_501, 11_501));
        vault.setCharges(address(weth), 1_001, 0);
    }

    function test_SetRatio_HigherRampsForLiquidationOnly() public {
        _open(ANN, 1 ether, 1_250e18); // 160 %
        vm.expectEmit(address(vault));
        emit ICollaterals.RatioSet(address(weth), 15_000, 17_000);
        vault.setRatio(address(weth), 17_000);
        eq(vault.termsOf(address(weth)).ratioBps, 17_000, "mints");
        vm.expectPartialRevert(ICollateralVault.InsufficientlyCovered.selector);
        _mint(ANN, 1);
        vm.expectPartialRevert(ICollateralVault.InsufficientlyCovered.selector);
        vm.prank(ANN);
        vault.withdraw(address(weth), 1, ANN);

        eq(vault.liquidationRatioBps(address(weth)), 14_500, "at first");
        _expectHealthyAt(NOW);
        vm.warp(NOW + 84 hours);
        eq(vault.liquidationRatioBps(address(weth)), 15_500, "half way");
        _expectHealthyAt(NOW + 84 hours);
        vm.warp(NOW + 7 days - 1);
        eq(vault.liquidationRatioBps(address(weth)), 16_499, "nearly");
        vm.warp(NOW + 7 days);
        eq(vault.liquidationRatioBps(address(weth)), 16_500, "in the end");
        _price(ETH, 2_000e8);
        vm.prank(ANN);
        vault.liquidate(address(weth), ANN, type(uint256).max);
        vm.warp(NOW + 700 days);
        eq(vault.liquidationRatioBps(address(weth)), 16_500, "and stays");
    }

    function test_SetRatio_LowerAppliesAtOnce() public {
        _open(ANN, 1.35 ether, 1_800e18);
        vm.expectEmit(address(vault));
        emit ICollaterals.RatioSet(address(weth), 13_500, 13_500);
        vault.setRatio(address(weth), 13_500);
        eq(vault.liquidationRatioBps(address(weth)), 13_000, "liquidation");
        _mint(ANN, 200e18);
        vm.expectPartialRevert(ICollateralVault.InsufficientlyCovered.selector);
        _mint(ANN, 1);
    }

    function test_SetRatio_OnTheWayGoesOnFromWhereItIs() public {
        vault.setRatio(address(weth), 17_000);
        vm.warp(NOW + 84 hours); // 16,000
        vm.expectEmit(address(vault));
        emit ICollaterals.RatioSet(address(weth), 16_000, 16_500);
        vault.setRatio(address(weth), 16_500);
        eq(vault.liquidationRatioBps(address(weth)), 15_500, "no jump");
        vm.warp(NOW + 168 hours);
        eq(vault.liquidationRatioBps(address(weth)), 15_750, "half way");
        vault.setRatio(address(weth), 16_000);
        eq(vault.liquidationRatioBps(address(weth)), 15_500, "lower at once");
    }

    function test_SetLimits_AppliesAndTellsSo() public {
        vm.expectEmit(address(vault));
        emit ICollaterals.LimitsSet(address(weth), 5, 3);
        vault.setLimits(address(weth), 5, 3);
        eq(vault.termsOf(address(weth)).ceilingCast, 5, "ceiling");
        eq(vault.termsOf(address(weth)).floorCast, 3, "floor");
        _open(ANN, 1 ether, 3e18);
    }

    function test_SetCharges_ChargesTheOldFeeUntilNow() public {
        vault.setCharges(address(weth), 1_000, 1_000);
        _open(ANN, 10 ether, 1_000e18);
        vm.warp(NOW + 365 days);
        vm.expectEmit(address(vault));
        emit ICollaterals.ChargesSet(address(weth), 500, 0);
        vault.setCharges(address(weth), 500, 0);
        vm.warp(NOW + 730 days);
        _near(_debt(ANN), 1_100e18, "a year of it");
        eq(vault.termsOf(address(weth)).liquidationBonusBps, 500, "bonus");
        eq(vault.termsOf(address(weth)).feeBpsPerYear, 0, "fee");
    }

    function test_SetMaxPriceAge_AppliesAndTellsSo() public {
        _open(ANN, 10 ether, 0);
        vm.expectEmit(address(vault));
        emit ICollaterals.MaxPriceAgeSet(address(weth), 10);
        vault.setMaxPriceAge(address(weth), 10);
        vm.warp(NOW + 10);
        _mint(ANN, 100e18);
        vm.warp(NOW + 11);
        vm.expectPartialRevert(ICollateralVault.PriceTooOld.selector);
        _mint(ANN, 100e18);
    }

    function test_Pause_AndUnpauseTellSo() public {
        eq(vault.pausedUntil(address(weth)), 0, "never");
        vm.expectEmit(address(vault));
        emit ICollaterals.CollateralPaused(address(weth), NOW + 3 days);
        vault.pause(address(weth));
        yes(vault.paused(address(weth)), "paused");
        eq(vault.pausedUntil(address(weth)), NOW + 3 days, "until");
        no(vault.paused(address(coin)), "this one alone");
        vm.warp(NOW + 1 days);
        vm.expectEmit(address(vault));
        emit ICollaterals.CollateralUnpaused(address(weth));
        vault.unpause(address(weth));
        no(vault.paused(address(weth)), "unpaused");
        eq(vault.pausedUntil(address(weth)), NOW + 1 days, "since");
        vm.warp(NOW + 2 days);
        vault.unpause(address(weth));
        eq(vault.pausedUntil(address(weth)), NOW + 1 days, "what is over ends no later");
    }

    function test_Pause_EndsByItselfToTheSecond() public {
        _open(ANN, 1.5 ether, 1_000e18);
        vault.pause(address(weth));
        vm.warp(NOW + 3 days - 1);
        _price(ETH, 2_000e8);
        yes(vault.paused(address(weth)), "its last second");
        _expect(abi.encodeWithSelector(ICollaterals.PausedCollateral.selector, address(weth)));
        _mint(ANN, 100e18);
        vm.warp(NOW + 3 days);
        no(vault.paused(address(weth)), "over");
        _mint(ANN, 100e18);
        _price(ETH, 1_000e8);
        _open(KEEPER, 10 ether, 1_100e18);
        _liquidate(ANN, 1_100e18);
    }

    function test_Pause_RevertWhen_TheLastIsNotOverForAsLong() public {
        vault.pause(address(weth));
        bytes memory tooSoon = abi.encodeWithSelector(ICollaterals.PauseTooSoon.selector, address(weth), NOW + 6 days);
        _expect(tooSoon);
        vault.pause(address(weth)); // nor can it be made longer
        vm.warp(NOW + 6 days - 1);
        _expect(tooSoon);
        vault.pause(address(weth));
        vault.pause(address(coin)); // each on its own
        vm.warp(NOW + 6 days);
        vault.pause(address(weth));
        eq(vault.pausedUntil(address(weth)), NOW + 9 days, "until");
    }

    function test_Pause_RevertWhen_GovernanceHasJustEndedOne() public {
        vault.pause(address(weth));
        vm.warp(NOW + 1 days);
        vault.unpause(address(weth));
        _expect(abi.encodeWithSelector(ICollaterals.PauseTooSoon.selector, address(weth), NOW + 4 days));
        vault.pause(address(weth));
        vm.warp(NOW + 4 days);
        vault.pause(address(weth));
    }

    function test_PauseFor_LastsAsLongAsGovernanceSaysWhateverWasBefore() public {
        vault.pause(address(weth));
        vm.warp(NOW + 4 days); // in the time after a pause that the guardian leaves free
        vm.expectEmit(address(vault));
        emit ICollaterals.CollateralPaused(address(weth), NOW + 34 days);
        vault.pauseFor(address(weth), 30 days);
        vm.warp(NOW + 34 days - 1);
        yes(vault.paused(address(weth)), "still");
        vault.pauseFor(address(weth), type(uint32).max);
        eq(vault.pausedUntil(address(weth)), type(uint32).max, "until unpaused");
        vault.pauseFor(address(weth), 0);
        no(vault.paused(address(weth)), "over");
        eq(vault.pausedUntil(address(weth)), NOW + 34 days - 1, "now");
    }

    function test_RevertWhen_TheCollateralIsUnknown() public {
        bytes[] memory calls = _restricted(STRANGER);
        bytes memory unknown = abi.encodeWithSelector(ICollaterals.CollateralUnknown.selector, STRANGER);
        for (uint256 i = 1; i < calls.length; ++i) _refused(calls[i], unknown);
        _refused(abi.encodeCall(vault.termsOf, (STRANGER)), unknown);
        _refused(abi.encodeCall(vault.liquidationRatioBps, (STRANGER)), unknown);
        _refused(abi.encodeCall(vault.paused, (STRANGER)), unknown);
        _refused(abi.encodeCall(vault.pausedUntil, (STRANGER)), unknown);
        _refused(abi.encodeCall(vault.debtOf, (STRANGER)), unknown);
        _refused(abi.encodeCall(vault.positionOf, (STRANGER, ANN)), unknown);
    }

    function test_RevertWhen_TheCallerHasNoRole() public {
        bytes[] memory calls = _restricted(address(weth));
        bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER);
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(STRANGER);
            _refused(calls[i], refusal);
        }
    }

    function test_EachFunctionCanHaveItsOwnRole() public {
        bytes[] memory calls = _restricted(address(weth));
        calls[0] = abi.encodeCall(vault.addCollateral, (address(new OddToken(18)), _terms(9)));
        for (uint64 i = 0; i < calls.length; ++i) {
            bytes4[] memory selectors = new bytes4[](1);
            selectors[0] = bytes4(calls[i]);
            manager.setTargetFunctionRole(address(vault), selectors, i + 1);
            address holder = address(uint160(0x9000 + i));
            manager.grantRole(i + 1, holder, 0);
            vm.prank(holder);
            // solhint-disable-next-line avoid-low-level-calls
            (bool success, ) = address(vault).call(calls[i]);
            yes(success, "the role does");
            _refused(calls[i], abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, this));
        }
    }

    function _restricted(address collateral) private view returns (bytes[] memory calls) {
        calls = new bytes[](8);
        calls[0] = abi.encodeCall(vault.addCollateral, (collateral, _terms(9)));
        calls[1] = abi.encodeCall(vault.setRatio, (collateral, 15_000));
        calls[2] = abi.encodeCall(vault.setLimits, (collateral, 1, 1));
        calls[3] = abi.encodeCall(vault.setCharges, (collateral, 1, 1));
        calls[4] = abi.encodeCall(vault.setMaxPriceAge, (collateral, 1));
        calls[5] = abi.encodeCall(vault.pause, (collateral));
        calls[6] = abi.encodeCall(vault.unpause, (collateral));
        calls[7] = abi.encodeCall(vault.pauseFor, (collateral, 1));
    }

    function _refused(bytes memory call, bytes memory errorData) private {
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory answer) = address(vault).call(call);
        no(success, "refused");
        eq(keccak256(answer), keccak256(errorData), "error");
    }

    function _expectHealthyAt(uint256 timestamp) private {
        vm.warp(timestamp);
        _price(ETH, 2_000e8);
        _expect(abi.encodeWithSelector(ICollateralVault.PositionHealthy.selector, address(weth), ANN));
        vault.liquidate(address(weth), ANN, type(uint256).max);
    }
}
