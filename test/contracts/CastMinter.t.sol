// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {WrappedEther} from "../../contracts/local/WrappedEther.sol";
import {Redemption, SkipReason, IVoucherRedeemer} from "../../contracts/mint/interfaces/IVoucherRedeemer.sol";
import {NonceBitmap} from "../../contracts/mint/NonceBitmap.sol";
import {CastMinter} from "../../contracts/vault/CastMinter.sol";
import {CollateralVault} from "../../contracts/vault/CollateralVault.sol";
import {ICastMinter} from "../../contracts/vault/interfaces/ICastMinter.sol";
import {ICollateralVault} from "../../contracts/vault/interfaces/ICollateralVault.sol";
import {CollateralTerms, ICollaterals} from "../../contracts/vault/interfaces/ICollaterals.sol";
import {MintTest} from "./MintTest.sol";
import {SettableFeed} from "./mocks/SettableFeed.sol";
import {vm} from "./Vm.sol";

contract CastMinterTest is MintTest {
    uint64 private constant ETH = 1;
    uint32 private constant THOUSAND = 100_000; // hundredths

    SettableFeed private _feed;
    WrappedEther private _weth;
    CollateralVault private _vault;
    CastMinter private _minter;
    bytes32 private _uriDigest;

    function setUp() public {
        _start();
        _feed = new SettableFeed();
        _weth = new WrappedEther();
        _vault = new CollateralVault(address(manager), address(_feed), address(_weth), "Cast", "CAST");
        _vault.addCollateral(
            address(_weth),
            CollateralTerms({
                assetId: ETH,
                ratioBps: 15_000,
                liquidationBonusBps: 1_000,
                feeBpsPerYear: 0,
                maxPriceAgeSeconds: 3_600,
                ceilingCast: 1_000_000,
                floorCast: 100
            })
        );
        _feed.set(ETH, 2_000e8, uint40(NOW));
        _minter = new CastMinter(address(manager), _vault);
        _minter.grantSigner(signer);
        _uriDigest = _minter.nameCollateral(address(_weth));
    }

    function test_AVaultWithoutCodeIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ICastMinter.NoCode.selector, address(1)));
        new CastMinter(address(manager), ICollateralVault(address(1)));
    }

    function test_ACollateralIsNamedByItsAddressInLowerCase() public {
        address collateral = address(0x00Abcdef0123456789abcDef0123456789ABcDef);
        bytes32 digest = keccak256("0x00abcdef0123456789abcdef0123456789abcdef");
        vm.expectEmit(address(_minter));
        emit ICastMinter.CollateralNamed(collateral, digest);
        eq(_minter.nameCollateral(collateral), digest, "digest");
        eq(_minter.collateralNamed(digest), collateral, "named");
    }

    function test_AVoucherMintsOnThePositionOfItsReceiver() public {
        Redemption memory item = _covered(1);
        vm.expectEmit(address(_vault));
        emit ICollateralVault.CastMinted(address(_weth), item.to, item.to, 1_000e18, 1_000e18);
        vm.expectEmit(address(_minter));
        emit IVoucherRedeemer.Minted(item.orderId, item.to, 0, THOUSAND, 1);
        _minter.redeem(item, _sign(_minter, item));
        eq(_vault.cast().balanceOf(item.to), 1_000e18, "tokens");
        (, uint256 debtD18) = _vault.positionOf(address(_weth), item.to);
        eq(debtD18, 1_000e18, "debt");
    }

    function test_AVoucherMintsOnce() public {
        Redemption memory item = _covered(1);
        bytes memory signature = _sign(_minter, item);
        _minter.redeem(item, signature);
        vm.expectRevert(abi.encodeWithSelector(NonceBitmap.VoucherAlreadyRedeemed.selector, 1));
        _minter.redeem(item, signature);
        eq(_vault.cast().totalSupply(), 1_000e18, "once");
    }

    function test_NothingIsMintedBeyondWhatTheAccountAllowed() public {
        Redemption memory item = _covered(1);
        vm.prank(item.to);
        vm.expectEmit(address(_vault));
        emit ICollateralVault.MinterApproved(item.to, address(_minter), 1_000e18 - 1);
        _vault.approveMinter(address(_minter), 1_000e18 - 1);
        bytes memory signature = _sign(_minter, item);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICollateralVault.InsufficientMintAllowance.selector,
                item.to,
                address(_minter),
                1_000e18 - 1,
                1_000e18
            )
        );
        _minter.redeem(item, signature);
        vm.prank(item.to);
        _vault.approveMinter(address(_minter), 1_500e18);
        _minter.redeem(item, signature);
        eq(_vault.mintAllowance(item.to, address(_minter)), 500e18, "left");
        Redemption memory next = _covered(2);
        next.to = item.to;
        signature = _sign(_minter, next);
        vm.expectPartialRevert(ICollateralVault.InsufficientMintAllowance.selector);
        _minter.redeem(next, signature);
        vm.prank(item.to);
        _vault.approveMinter(address(_minter), type(uint256).max);
        vm.deal(address(this), 1 ether);
        _vault.depositETH{value: 1 ether}(item.to);
        _minter.redeem(next, signature);
        eq(_vault.mintAllowance(item.to, address(_minter)), type(uint256).max, "not used up");
    }

    function test_NobodyMintsForWhoDidNotAllowIt() public {
        Redemption memory item = _covered(1);
        vm.expectPartialRevert(ICollateralVault.InsufficientMintAllowance.selector);
        _vault.mintCastFor(address(_weth), item.to, 1);
    }

    function test_ABatchLeavesOutWhatIsNotCovered() public {
        Redemption[] memory items = new Redemption[](3);
        for (uint64 i = 0; i < 3; ++i) items[i] = _covered(i);
        items[1].quantity = THOUSAND * 2; // 1 ether at 2,000 covers 1,333
        bytes memory signature = _signBatch(_minter, items);
        vm.expectPartialRevert(ICollateralVault.InsufficientlyCovered.selector);
        _minter.redeemBatch(items, signature, false);
        vm.expectEmit(address(_minter));
        emit IVoucherRedeemer.VoucherSkipped(1, SkipReason.ReceiverRefused);
        _minter.redeemBatch(items, signature, true);
        eq(_vault.cast().totalSupply(), 2_000e18, "the others");
        no(_minter.redeemed(1), "its number is unused");
        vm.deal(address(this), 1 ether);
        _vault.depositETH{value: 1 ether}(items[1].to);
        _minter.redeemBatch(items, signature, true);
        eq(_vault.cast().totalSupply(), 4_000e18, "once it is covered, and nothing twice");
    }

    function test_APriceThatIsTooOldMintsNothing() public {
        Redemption memory item = _covered(1);
        bytes memory signature = _sign(_minter, item);
        _feed.set(ETH, 2_000e8, uint40(NOW) - 3_601);
        vm.expectPartialRevert(ICollateralVault.PriceTooOld.selector);
        _minter.redeem(item, signature);
        no(_minter.redeemed(1), "unused");
    }

    function test_AnUnknownNameAndTheTermsRevert() public {
        Redemption memory item = _covered(1);
        item.uriDigest = keccak256("");
        bytes memory signature = _sign(_minter, item);
        vm.expectRevert(abi.encodeWithSelector(ICastMinter.CollateralUnnamed.selector, keccak256("")));
        _minter.redeem(item, signature);
        Redemption[] memory items = new Redemption[](1);
        items[0] = _covered(2);
        items[0].quantity = 0;
        signature = _signBatch(_minter, items);
        vm.expectRevert(abi.encodeWithSelector(IVoucherRedeemer.QuantityOutOfRange.selector, 2, 0, type(uint32).max));
        _minter.redeemBatch(items, signature, true);
    }

    function test_ACollateralThatIsNoneIsTheSignersFaultInSkipModeToo() public {
        Redemption[] memory items = new Redemption[](2);
        items[0] = _covered(1);
        items[1] = _covered(2);
        items[1].uriDigest = keccak256("");
        bytes memory signature = _signBatch(_minter, items);
        vm.expectRevert(abi.encodeWithSelector(ICastMinter.CollateralUnnamed.selector, keccak256("")));
        _minter.redeemBatch(items, signature, true);
        address stranger = address(0x57a4);
        items[1].uriDigest = _minter.nameCollateral(stranger); // anybody names anything
        signature = _signBatch(_minter, items);
        vm.expectRevert(abi.encodeWithSelector(ICollaterals.CollateralUnknown.selector, stranger));
        _minter.redeemBatch(items, signature, true);
    }

    function test_TooLittleGasIsNotARefusal() public {
        Redemption[] memory items = new Redemption[](1);
        items[0] = _covered(1);
        bytes memory signature = _signBatch(_minter, items);
        vm.expectPartialRevert(ICastMinter.InsufficientGas.selector);
        _minter.redeemBatch{gas: 200_000}(items, signature, true);
    }

    function test_OnlyTheMinterSettlesItems() public {
        Redemption memory item = _covered(1);
        vm.expectRevert(abi.encodeWithSelector(ICastMinter.OnlySelf.selector, address(this)));
        _minter.settleItem(item);
    }

    /// @dev 1,000 cast tokens on a position of 1 ether of its own, all allowed.
    function _covered(uint64 txCount) private returns (Redemption memory item) {
        item = _item(txCount);
        item.quantity = THOUSAND;
        item.uriDigest = _uriDigest;
        vm.deal(address(this), 1 ether);
        _vault.depositETH{value: 1 ether}(item.to);
        vm.prank(item.to);
        _vault.approveMinter(address(_minter), 10_000e18);
    }
}
