// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {WrappedEther} from "../../contracts/local/WrappedEther.sol";
import {CollateralVault} from "../../contracts/vault/CollateralVault.sol";
import {CollateralTerms} from "../../contracts/vault/interfaces/ICollaterals.sol";
import {ICastToken} from "../../contracts/vault/interfaces/ICastToken.sol";
import {SettableFeed} from "./mocks/SettableFeed.sol";
import {OddToken} from "./mocks/Tokens.sol";
import {Assert, vm} from "./Vm.sol";

/// @notice A vault whose admin is the test, with wrapped ether at 2,000.00, 150 %, and a token of 18 decimals at 1.00.
abstract contract VaultTest is Assert {
    uint256 internal constant NOW = 1_900_000_000;
    uint64 internal constant ETH = 1;
    uint64 internal constant COIN = 2;
    address internal constant ANN = address(0xa11);
    address internal constant BOB = address(0xb0b);
    address internal constant KEEPER = address(0x6ee);
    address internal constant STRANGER = address(0x57a4);

    AccessManager internal manager;
    SettableFeed internal feed;
    WrappedEther internal weth;
    OddToken internal coin;
    CollateralVault internal vault;
    ICastToken internal cast;

    function _start() internal {
        vm.warp(NOW);
        manager = new AccessManager(address(this));
        feed = new SettableFeed();
        weth = new WrappedEther();
        coin = new OddToken(18);
        vault = new CollateralVault(address(manager), address(feed), address(weth), "Cast", "CAST");
        cast = vault.cast();
        vault.addCollateral(address(weth), _terms(ETH));
        vault.addCollateral(address(coin), _terms(COIN));
        _price(ETH, 2_000e8);
        _price(COIN, 1e8);
    }

    function _terms(uint64 assetId) internal pure returns (CollateralTerms memory) {
        return
            CollateralTerms({
                assetId: assetId,
                ratioBps: 15_000,
                liquidationBonusBps: 1_000,
                feeBpsPerYear: 0,
                maxPriceAgeSeconds: 3_600,
                ceilingCast: 1_000_000,
                floorCast: 100
            });
    }

    function _price(uint64 assetId, uint64 price) internal {
        feed.set(assetId, price, uint40(block.timestamp));
    }

    /// @dev Ether of `account`, wrapped, becomes collateral; then it mints.
    function _open(address account, uint256 amount, uint256 debtD18) internal {
        vm.deal(account, account.balance + amount);
        vm.prank(account);
        vault.depositETH{value: amount}(account);
        if (debtD18 > 0) _mint(account, debtD18);
    }

    /// @dev The same with coins, each worth what `_price` says.
    function _openCoin(address account, uint256 amount, uint256 debtD18) internal {
        coin.give(account, amount);
        vm.prank(account);
        coin.approve(address(vault), amount);
        vm.prank(account);
        vault.deposit(address(coin), account, amount);
        vm.prank(account);
        vault.mintCast(address(coin), debtD18, account);
    }

    function _mint(address account, uint256 amountD18) internal {
        vm.prank(account);
        vault.mintCast(address(weth), amountD18, account);
    }

    function _repay(address payer, address account, uint256 maxD18) internal returns (uint256) {
        vm.prank(payer);
        return vault.repay(address(weth), account, maxD18);
    }

    function _liquidate(address account, uint256 maxD18) internal returns (uint256 repaidD18, uint256 seized) {
        vm.prank(KEEPER);
        return vault.liquidate(address(weth), account, maxD18);
    }

    function _liquidateCoin(address account, uint256 maxD18) internal returns (uint256 repaidD18, uint256 seized) {
        vm.prank(KEEPER);
        return vault.liquidate(address(coin), account, maxD18);
    }

    function _pay(address to, uint256 amountD18, address from) internal {
        vm.prank(from);
        yes(cast.transfer(to, amountD18), "transfer");
    }

    function _amount(address account) internal view returns (uint256 amount) {
        (amount, ) = vault.positionOf(address(weth), account);
    }

    function _debt(address account) internal view returns (uint256 debtD18) {
        (, debtD18) = vault.positionOf(address(weth), account);
    }

    function _coinDebt(address account) internal view returns (uint256 debtD18) {
        (, debtD18) = vault.positionOf(address(coin), account);
    }

    /// @dev The error of a check, with which a call must fail.
    function _expect(bytes memory errorData) internal {
        vm.expectRevert(errorData);
    }

    /// @dev Within a millionth of a millionth.
    function _near(uint256 seen, uint256 wanted, string memory what) internal pure {
        uint256 gap = seen > wanted ? seen - wanted : wanted - seen;
        if (gap > wanted / 1e12 + 2) revert NotEqual(seen, wanted, what);
    }
}
