// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {PriceReport} from "../../contracts/price/interfaces/IProvenPrices.sol";
import {CollateralVault} from "../../contracts/vault/CollateralVault.sol";
import {ICollaterals} from "../../contracts/vault/interfaces/ICollaterals.sol";
import {ICollateralVault} from "../../contracts/vault/interfaces/ICollateralVault.sol";
import {EtherTaker} from "./mocks/Tokens.sol";
import {VaultTest} from "./VaultTest.sol";
import {vm} from "./Vm.sol";

contract CollateralVaultTest is VaultTest {
    uint256 private constant ALL = type(uint256).max;

    function setUp() public {
        _start();
    }

    function test_Constructor_DeploysItsToken() public view {
        eq(cast.vault(), address(vault), "vault");
        eq(cast.name(), "Cast", "name");
        eq(cast.symbol(), "CAST", "symbol");
        eq(address(vault.feed()), address(feed), "feed");
        eq(address(vault.weth()), address(weth), "weth");
    }

    function test_Constructor_RevertWhen_AnAddressHasNoCode() public {
        _expect(abi.encodeWithSelector(IAccessManaged.AccessManagedInvalidAuthority.selector, ANN));
        new CollateralVault(ANN, address(feed), address(weth), "", "");
        _expect(abi.encodeWithSelector(ICollateralVault.NoCode.selector, ANN));
        new CollateralVault(address(manager), ANN, address(weth), "", "");
        _expect(abi.encodeWithSelector(ICollateralVault.NoCode.selector, ANN));
        new CollateralVault(address(manager), address(feed), ANN, "", "");
    }

    function test_DepositETH_WrapsAndTellsSo() public {
        vm.deal(BOB, 2 ether);
        vm.expectEmit(address(vault));
        emit ICollateralVault.Deposited(address(weth), ANN, BOB, 2 ether);
        vm.prank(BOB);
        vault.depositETH{value: 2 ether}(ANN);
        eq(_amount(ANN), 2 ether, "position");
        eq(weth.balanceOf(address(vault)), 2 ether, "wrapped");
        eq(address(vault).balance, 0, "no ether stays");
    }

    function test_Deposit_IsForAnybodyAndTellsSo() public {
        coin.give(BOB, 7);
        vm.prank(BOB);
        coin.approve(address(vault), 7);
        vm.expectEmit(address(vault));
        emit ICollateralVault.Deposited(address(coin), ANN, BOB, 7);
        vm.prank(BOB);
        vault.deposit(address(coin), ANN, 7);
        (uint256 amount, ) = vault.positionOf(address(coin), ANN);
        eq(amount, 7, "position");
    }

    function test_Deposit_RevertWhen_TheInputIsBad() public {
        _expect(abi.encodeWithSelector(ICollateralVault.ZeroAmount.selector));
        vault.deposit(address(coin), ANN, 0);
        _expect(abi.encodeWithSelector(ICollateralVault.ZeroAmount.selector));
        vault.depositETH(ANN);
        address[3] memory nowhere = [address(0), address(vault), address(cast)];
        for (uint256 i = 0; i < 3; ++i) {
            _expect(abi.encodeWithSelector(ICollateralVault.InvalidReceiver.selector, nowhere[i]));
            vault.deposit(address(coin), nowhere[i], 1);
        }
        _expect(abi.encodeWithSelector(ICollaterals.CollateralUnknown.selector, ANN));
        vault.deposit(ANN, ANN, 1);
    }

    function test_Deposit_NearTheEndOfTheNumbers() public {
        _giveCoin(ANN, ALL);
        vm.prank(ANN);
        vault.deposit(address(coin), ANN, type(uint128).max);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 wanted = i == 0 ? uint256(1) << 128 : (uint256(1) << 128) + 1; // cut off: 0 and 1
            _expect(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 128, wanted));
            vm.prank(ANN);
            vault.deposit(address(coin), BOB, wanted);
        }
        uint256 sum = uint256(1) << 128;
        _expect(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 128, sum));
        vm.prank(ANN);
        vault.deposit(address(coin), ANN, 1);
        (uint256 amount, ) = vault.positionOf(address(coin), ANN);
        eq(amount, type(uint128).max, "as it was");
    }

    function test_ReceivesEtherFromWETHOnly() public {
        vm.deal(ANN, 1);
        vm.prank(ANN);
        (bool success, bytes memory answer) = address(vault).call{value: 1}("");
        no(success, "refused");
        eq(keccak256(answer), keccak256(abi.encodeWithSelector(ICollateralVault.OnlyWETH.selector, ANN)), "error");
    }

    function test_MintCast_ToTheLastUnitThatIsCovered() public {
        _open(ANN, 1.5 ether, 0); // worth 3,000
        vm.expectEmit(address(vault));
        emit ICollateralVault.CastMinted(address(weth), ANN, BOB, 2_000e18, 2_000e18);
        vm.prank(ANN);
        vault.mintCast(address(weth), 2_000e18, BOB);
        eq(cast.balanceOf(BOB), 2_000e18, "minted");
        eq(_debt(ANN), 2_000e18, "debt");
        eq(_debt(BOB), 0, "not the receiver's");
        eq(vault.debtOf(address(weth)), 2_000e18, "pool");
        eq(uint256(vault.surplus()), 0, "as many tokens as debts");
        _expect(_insufficient(1.5 ether, 2_000e18 + 1, 2_000e8, 15_000));
        _mint(ANN, 1);
    }

    function test_MintCast_ToTheLastUnitIsNotLiquidatedForTheFeeOfASecond() public {
        vault.setCharges(address(weth), 1_000, 100);
        _open(ANN, 1.5 ether, 2_000e18);
        vm.warp(NOW + 1);
        _price(ETH, 2_000e8);
        yes(_debt(ANN) > 2_000e18, "the fee of a second");
        _expect(abi.encodeWithSelector(ICollateralVault.PositionHealthy.selector, address(weth), ANN));
        _liquidate(ANN, 1);
        vm.warp(NOW + 3 * 365 days); // of three years
        _price(ETH, 2_000e8);
        _expect(abi.encodeWithSelector(ICollateralVault.PositionHealthy.selector, address(weth), ANN));
        _liquidate(ANN, 1);
    }

    function test_MintCast_RevertWhen_TheInputIsBad() public {
        _open(ANN, 1 ether, 0);
        _expect(abi.encodeWithSelector(ICollateralVault.ZeroAmount.selector));
        _mint(ANN, 0);
        _expect(abi.encodeWithSelector(ICollaterals.CollateralUnknown.selector, BOB));
        vm.prank(ANN);
        vault.mintCast(BOB, 1, ANN);
        address[3] memory nowhere = [address(0), address(vault), address(cast)];
        for (uint256 i = 0; i < 3; ++i) {
            _expect(abi.encodeWithSelector(ICollateralVault.InvalidReceiver.selector, nowhere[i]));
            vm.prank(ANN);
            vault.mintCast(address(weth), 100e18, nowhere[i]);
            _expect(abi.encodeWithSelector(ICollateralVault.InvalidReceiver.selector, nowhere[i]));
            vault.collectFees(nowhere[i]);
        }
        for (uint256 bits = 112; bits < 256; bits += 16) {
            uint256 wanted = (uint256(1) << bits) + 100e18; // cut off: 100e18, which would be covered
            _expect(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 112, wanted));
            _mint(ANN, wanted);
        }
    }

    function test_MintCast_FloorAndCeilingToTheUnit() public {
        _open(ANN, 1_000 ether, 0);
        _expect(_belowFloor(100e18 - 1));
        _mint(ANN, 100e18 - 1);
        _mint(ANN, 100e18);
        vault.setLimits(address(weth), 150, 100);
        _expect(
            abi.encodeWithSelector(
                ICollateralVault.DebtCeilingExceeded.selector,
                address(weth),
                150e18 + 1,
                uint256(150e18)
            )
        );
        _mint(ANN, 50e18 + 1);
        _mint(ANN, 50e18);
    }

    function test_PriceAge_TheLastSecondMintsAndTheNextDoesNot() public {
        _open(ANN, 10 ether, 100e18);
        vm.warp(NOW + 3_600);
        _mint(ANN, 100e18);
        vm.warp(NOW + 3_601);
        _expect(_tooOld(NOW));
        _mint(ANN, 100e18);
        _expect(_tooOld(NOW));
        vm.prank(ANN);
        vault.withdraw(address(weth), 1, ANN);
        _expect(_tooOld(NOW));
        _liquidate(ANN, 1);
        // What helps the position is never stopped.
        _open(ANN, 1 ether, 0);
        eq(_repay(ANN, ANN, 200e18), 200e18, "repaid");
        vm.prank(ANN);
        vault.withdraw(address(weth), 11 ether, ANN); // nothing is owed: no price is asked
        eq(weth.balanceOf(ANN), 11 ether, "back");
    }

    function test_PriceAge_OfTheFutureIsNew() public {
        _open(ANN, 10 ether, 0);
        feed.set(ETH, 2_000e8, uint40(NOW + 12));
        _mint(ANN, 100e18);
    }

    function test_MintCast_RevertWhen_ThereIsNoPrice() public {
        _open(ANN, 10 ether, 0);
        feed.set(ETH, 0, uint40(NOW));
        _expect(_tooOld(NOW));
        _mint(ANN, 100e18);
        feed.set(ETH, 0, 0);
        _expect(_tooOld(0));
        _mint(ANN, 100e18);
    }

    function test_Repay_IsForAnybodyAndNeverMoreThanTheDebt() public {
        _open(ANN, 10 ether, 500e18);
        _pay(BOB, 500e18, ANN);
        vm.expectEmit(address(vault));
        emit ICollateralVault.Repaid(address(weth), ANN, BOB, 200e18, 300e18);
        eq(_repay(BOB, ANN, 200e18), 200e18, "a part");
        eq(_debt(ANN), 300e18, "debt");
        eq(cast.balanceOf(BOB), 300e18, "burned");
        vm.expectEmit(address(vault));
        emit ICollateralVault.Repaid(address(weth), ANN, BOB, 300e18, 0);
        eq(_repay(BOB, ANN, ALL), 300e18, "the rest");
        eq(cast.totalSupply(), 0, "supply");
        eq(vault.debtOf(address(weth)), 0, "pool");
        eq(_repay(BOB, ANN, 5), 0, "nothing is owed, nothing is taken");
    }

    function test_Repay_ToBelowTheFloorIsAllowed() public {
        _open(ANN, 10 ether, 500e18);
        _repay(ANN, ANN, 499e18);
        eq(_debt(ANN), 1e18, "debt");
    }

    function test_Repay_RevertWhen_TheInputIsBad() public {
        _open(ANN, 10 ether, 500e18);
        _expect(abi.encodeWithSelector(ICollateralVault.ZeroAmount.selector));
        _repay(ANN, ANN, 0);
        _expect(abi.encodeWithSelector(ICollaterals.CollateralUnknown.selector, BOB));
        vault.repay(BOB, ANN, 1);
        _expect(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, BOB, 0, 1));
        _repay(BOB, ANN, 1);
    }

    function test_Withdraw_ToTheLastUnitThatIsNotNeeded() public {
        _open(ANN, 10 ether, 2_000e18); // needs 1.5
        _expect(_insufficient(1.5 ether - 1, 2_000e18, 2_000e8, 15_000));
        vm.prank(ANN);
        vault.withdraw(address(weth), 8.5 ether + 1, BOB);
        vm.expectEmit(address(vault));
        emit ICollateralVault.Withdrawn(address(weth), ANN, BOB, 8.5 ether);
        vm.prank(ANN);
        vault.withdraw(address(weth), 8.5 ether, BOB);
        eq(weth.balanceOf(BOB), 8.5 ether, "paid out");
        eq(_amount(ANN), 1.5 ether, "left");
    }

    function test_Withdraw_RevertWhen_TheInputIsBad() public {
        _open(ANN, 1 ether, 0);
        _open(BOB, 1 ether, 0);
        vm.prank(ANN);
        _expect(abi.encodeWithSelector(ICollateralVault.ZeroAmount.selector));
        vault.withdraw(address(weth), 0, ANN);
        _expect(abi.encodeWithSelector(ICollaterals.CollateralUnknown.selector, BOB));
        vault.withdraw(BOB, 1, ANN);
        address[3] memory nowhere = [address(0), address(vault), address(cast)];
        for (uint256 i = 0; i < 3; ++i) {
            _expect(abi.encodeWithSelector(ICollateralVault.InvalidReceiver.selector, nowhere[i]));
            vm.prank(ANN);
            vault.withdraw(address(weth), 1, nowhere[i]);
        }
        uint256[3] memory amounts = [uint256(1 ether) + 1, (uint256(1) << 128) + 1, ALL];
        for (uint256 i = 0; i < 3; ++i) {
            _expect(
                abi.encodeWithSelector(
                    ICollateralVault.InsufficientCollateral.selector,
                    address(weth),
                    1 ether,
                    amounts[i]
                )
            );
            vm.prank(ANN);
            vault.withdraw(address(weth), amounts[i], ANN);
        }
    }

    function test_WithdrawETH_UnwrapsAndTellsSo() public {
        _open(ANN, 1 ether, 0);
        vm.expectEmit(address(vault));
        emit ICollateralVault.Withdrawn(address(weth), ANN, BOB, 0.4 ether);
        vm.prank(ANN);
        vault.withdrawETH(0.4 ether, BOB);
        eq(BOB.balance, 0.4 ether, "ether");
        eq(_amount(ANN), 0.6 ether, "left");
    }

    function test_WithdrawETH_RevertWhen_TheReceiverRefuses() public {
        _open(ANN, 1 ether, 0);
        EtherTaker taker = new EtherTaker();
        taker.refuse();
        _expect(abi.encodeWithSelector(ICollateralVault.EtherRefused.selector, address(taker), 1 ether));
        vm.prank(ANN);
        vault.withdrawETH(1 ether, address(taker));
        eq(_amount(ANN), 1 ether, "still there");
    }

    function test_WithdrawETH_CannotBeReentered() public {
        _open(ANN, 2 ether, 0);
        EtherTaker taker = new EtherTaker();
        manager.grantRole(manager.ADMIN_ROLE(), address(taker), 0);
        bytes4 guard = bytes4(keccak256("ReentrancyGuardReentrantCall()"));
        bytes[] memory calls = _calls();
        for (uint256 i = 0; i < calls.length; ++i) {
            taker.setCallback(address(vault), calls[i]);
            vm.prank(ANN);
            vault.withdrawETH(1, address(taker));
            no(taker.callbackSucceeded(), "refused");
            eq(bytes32(taker.callbackAnswer()), bytes32(guard), "by the guard");
        }
    }

    function test_ATokenCannotReenter() public {
        bytes4 guard = bytes4(keccak256("ReentrancyGuardReentrantCall()"));
        bytes[] memory calls = _calls();
        manager.grantRole(manager.ADMIN_ROLE(), address(coin), 0);
        _open(KEEPER, 10 ether, 1_000e18); // pays
        _openCoin(BOB, 1_500e18, 1_000e18);
        _price(COIN, 0.9e8);
        _giveCoin(ANN, calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            coin.setCallback(address(vault), calls[i]);
            vm.prank(ANN);
            vault.deposit(address(coin), ANN, 1);
            eq(bytes32(coin.callbackAnswer()), bytes32(guard), "deposit");
            vm.prank(ANN);
            vault.withdraw(address(coin), 1, ANN);
            eq(bytes32(coin.callbackAnswer()), bytes32(guard), "withdraw");
            _liquidateCoin(BOB, 10e18);
            eq(bytes32(coin.callbackAnswer()), bytes32(guard), "liquidate");
        }
    }

    function test_AGiftToTheVaultChangesNothing() public {
        _open(ANN, 10 ether, 1_000e18);
        coin.give(address(vault), 1e30);
        _pay(address(vault), 400e18, ANN);
        eq(_amount(ANN), 10 ether, "position");
        eq(_debt(ANN), 1_000e18, "debt");
        eq(vault.debtOf(address(weth)), 1_000e18, "pool");
        eq(uint256(vault.surplus()), 0, "surplus");
        _open(BOB, 10 ether, 100e18);
        eq(_debt(BOB), 100e18, "the next owes what it took");
    }

    function test_Pause_StopsMintsWithdrawalsAndLiquidationsButNoHelp() public {
        _open(ANN, 1.5 ether, 1_000e18);
        _open(BOB, 1 ether, 0);
        vault.pause(address(weth));
        bytes memory stopped = abi.encodeWithSelector(ICollaterals.PausedCollateral.selector, address(weth));
        _expect(stopped);
        _mint(ANN, 1);
        _expect(stopped);
        vm.prank(ANN);
        vault.withdraw(address(weth), 1, ANN);
        _price(ETH, 900e8);
        _expect(stopped);
        _liquidate(ANN, 1);
        _open(ANN, 1 ether, 0);
        eq(_repay(ANN, ANN, 400e18), 400e18, "repaid");
        vm.prank(BOB);
        vault.withdraw(address(weth), 1 ether, BOB);
        eq(_repay(ANN, ANN, ALL), 600e18, "all of it");
        vm.prank(ANN);
        vault.withdrawETH(2.5 ether, ANN);
        vault.unpause(address(weth));
        _open(ANN, 10 ether, 100e18);
    }

    /// @dev Every function that changes a position or mints. The callers have the role that collects fees.
    function _calls() private view returns (bytes[] memory calls) {
        uint256[8] memory proof;
        PriceReport memory report;
        calls = new bytes[](10);
        calls[0] = abi.encodeCall(vault.deposit, (address(coin), ANN, 1));
        calls[1] = abi.encodeCall(vault.depositETH, (ANN));
        calls[2] = abi.encodeCall(vault.mintCast, (address(weth), 1, ANN));
        calls[3] = abi.encodeCall(vault.repay, (address(weth), ANN, 1));
        calls[4] = abi.encodeCall(vault.withdraw, (address(weth), 1, ANN));
        calls[5] = abi.encodeCall(vault.withdrawETH, (1, ANN));
        calls[6] = abi.encodeCall(vault.liquidate, (address(weth), ANN, 1));
        calls[7] = abi.encodeCall(vault.mintCastFor, (address(weth), ANN, 0));
        calls[8] = abi.encodeCall(vault.mintCastWithProof, (address(weth), 1, ANN, proof, report));
        calls[9] = abi.encodeCall(vault.collectFees, (ANN));
    }

    function _giveCoin(address account, uint256 amount) private {
        coin.give(account, amount);
        vm.prank(account);
        coin.approve(address(vault), amount);
    }

    function _insufficient(
        uint256 amount,
        uint256 debtD18,
        uint256 price,
        uint256 ratioBps
    ) private view returns (bytes memory) {
        return
            abi.encodeWithSelector(
                ICollateralVault.InsufficientlyCovered.selector,
                address(weth),
                amount,
                debtD18,
                price,
                ratioBps
            );
    }

    function _belowFloor(uint256 debtD18) private view returns (bytes memory) {
        return
            abi.encodeWithSelector(ICollateralVault.DebtBelowFloor.selector, address(weth), debtD18, uint256(100e18));
    }

    function _tooOld(uint256 timestamp) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICollateralVault.PriceTooOld.selector, ETH, timestamp, 3_600);
    }
}
