// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {EditionMinter} from "../../contracts/mint/EditionMinter.sol";
import {NonceBitmap} from "../../contracts/mint/NonceBitmap.sol";
import {IVoucherRedeemer, Redemption, SkipReason} from "../../contracts/mint/interfaces/IVoucherRedeemer.sol";
import {IVoucherSigners} from "../../contracts/mint/interfaces/IVoucherSigners.sol";
import {VoucherMinter} from "../../contracts/mint/VoucherMinter.sol";
import {VoucherRedeemer} from "../../contracts/mint/VoucherRedeemer.sol";
import {MintTest} from "./MintTest.sol";
import {HostileWallet, Wallet} from "./mocks/Wallets.sol";
import {vm} from "./Vm.sol";

/// @notice What every minter promises, whatever it mints. Both are held to it, at the end of this file.
abstract contract VoucherRedeemerSuite is MintTest {
    VoucherRedeemer internal minter;

    function _deploy() internal virtual returns (VoucherRedeemer);

    function _balance(address owner) internal view virtual returns (uint256);

    function _supply() internal view virtual returns (uint256);

    /// @dev What Minted reports as the first id of the first mint.
    function _firstId() internal pure virtual returns (uint256);

    function setUp() public {
        _start();
        minter = _deploy();
    }

    // --- redeem

    function test_Redeem_MintsToTheSignedReceiver() public {
        Redemption memory item = _item(7);
        item.quantity = 3;
        bytes memory signature = _sign(minter, item);
        vm.expectEmit(address(minter));
        emit IVoucherRedeemer.Minted(item.orderId, item.to, _firstId(), 3, 7);
        vm.prank(_owner(999)); // anyone may submit
        minter.redeem(item, signature);
        eq(_balance(item.to), 3, "balance");
        eq(_supply(), 3, "supply");
        yes(minter.redeemed(7), "the number is used");
        no(minter.redeemed(6) || minter.redeemed(8), "its neighbours are not");
        eq(minter.nonceWord(0), 1 << 7, "word");
    }

    function test_Redeem_RevertWhen_TheNumberIsUsed() public {
        Redemption memory item = _item(7);
        bytes memory signature = _sign(minter, item);
        minter.redeem(item, signature);
        vm.expectRevert(abi.encodeWithSelector(NonceBitmap.VoucherAlreadyRedeemed.selector, 7));
        minter.redeem(item, signature);
    }

    function test_Redeem_RevertWhen_AnotherVoucherUsedTheNumber() public {
        _redeem(_item(7));
        Redemption memory other = _item(7);
        other.to = _owner(8);
        other.alignedSecond = NOW + 1;
        bytes memory signature = _sign(minter, other);
        vm.expectRevert(abi.encodeWithSelector(NonceBitmap.VoucherAlreadyRedeemed.selector, 7));
        minter.redeem(other, signature);
    }

    function test_Redeem_RevertWhen_TheNumberIsCancelled() public {
        minter.cancel(0, 1 << 7);
        Redemption memory item = _item(7);
        bytes memory signature = _sign(minter, item);
        vm.expectRevert(abi.encodeWithSelector(NonceBitmap.VoucherAlreadyRedeemed.selector, 7));
        minter.redeem(item, signature);
    }

    function test_Redeem_TakesTheLargestNumber() public {
        _redeem(_item(type(uint64).max));
        yes(minter.redeemed(type(uint64).max), "used");
        eq(minter.nonceWord(type(uint64).max >> 8), 1 << 255, "word");
    }

    function test_Redeem_RevertWhen_TheQuantityIsZero() public {
        Redemption memory item = _item(7);
        item.quantity = 0;
        _refuses(
            item,
            abi.encodeWithSelector(IVoucherRedeemer.QuantityOutOfRange.selector, 7, 0, minter.MAX_QUANTITY())
        );
    }

    // --- the window

    function test_Redeem_SkewSecondsAhead() public {
        Redemption memory item = _item(7);
        item.alignedSecond = NOW + 2;
        _redeem(item);
    }

    function test_Redeem_RevertWhen_TheSecondIsInTheFuture() public {
        Redemption memory item = _item(7);
        item.alignedSecond = NOW + 3;
        _refuses(item, abi.encodeWithSelector(IVoucherRedeemer.VoucherFromFuture.selector, 7, NOW + 3));
        vm.warp(NOW + 1);
        _redeem(item); // its time has come
    }

    function test_Redeem_RevertWhen_TheSecondIsAtTheEndOfTime() public {
        Redemption memory item = _item(7);
        item.alignedSecond = type(uint64).max;
        _refuses(item, abi.encodeWithSelector(IVoucherRedeemer.VoucherFromFuture.selector, 7, type(uint64).max));
    }

    function test_Redeem_InItsOwnSecond() public {
        _redeem(_item(7));
    }

    function test_Redeem_InItsLastSecond() public {
        vm.warp(NOW + 300);
        _redeem(_item(7));
    }

    function test_Redeem_RevertWhen_OneSecondTooLate() public {
        vm.warp(NOW + 301);
        _refuses(_item(7), abi.encodeWithSelector(IVoucherRedeemer.VoucherExpired.selector, 7, NOW));
        no(minter.redeemed(7), "an expired voucher leaves its number unused");
    }

    function test_Redeem_RevertWhen_TheSecondIsZero() public {
        Redemption memory item = _item(7);
        item.alignedSecond = 0;
        _refuses(item, abi.encodeWithSelector(IVoucherRedeemer.VoucherExpired.selector, 7, 0));
    }

    function test_Redeem_AlreadyRedeemedIsSaidAlsoAfterExpiry() public {
        Redemption memory item = _item(7);
        _redeem(item);
        vm.warp(NOW + 301);
        _refuses(item, abi.encodeWithSelector(NonceBitmap.VoucherAlreadyRedeemed.selector, 7));
    }

    // --- signatures

    function test_Redeem_AllFormsOfOneVoucherMintOnce() public {
        Redemption memory item = _item(7);
        bytes32 digest = _digest(minter, item);
        bytes memory high = _highS(SIGNER_KEY, digest);
        vm.expectRevert(abi.encodeWithSelector(IVoucherSigners.InvalidSigner.selector, address(0)));
        minter.redeem(item, high);
        minter.redeem(item, _compact(SIGNER_KEY, digest));
        bytes memory usual = _signature(SIGNER_KEY, digest);
        vm.expectRevert(abi.encodeWithSelector(NonceBitmap.VoucherAlreadyRedeemed.selector, 7));
        minter.redeem(item, usual);
        vm.expectRevert(abi.encodeWithSelector(IVoucherSigners.InvalidSigner.selector, address(0)));
        minter.redeem(item, high);
        eq(_supply(), 1, "minted once");
    }

    function test_Redeem_RevertWhen_VIsNot27Or28() public {
        Redemption memory item = _item(7);
        bytes memory signature = _sign(minter, item);
        signature[64] = bytes1(uint8(signature[64]) - 27);
        vm.expectRevert(abi.encodeWithSelector(IVoucherSigners.InvalidSigner.selector, address(0)));
        minter.redeem(item, signature);
    }

    function test_Redeem_RevertWhen_TheSignerIsUnknown() public {
        Redemption memory item = _item(7);
        bytes memory signature = _signature(STRANGER_KEY, _digest(minter, item));
        vm.expectRevert(abi.encodeWithSelector(IVoucherSigners.InvalidSigner.selector, vm.addr(STRANGER_KEY)));
        minter.redeem(item, signature);
    }

    function test_Redeem_RevertWhen_TheSignerIsRevoked() public {
        Redemption memory item = _item(7);
        bytes memory signature = _sign(minter, item);
        minter.revokeSigner(signer);
        vm.expectRevert(abi.encodeWithSelector(IVoucherSigners.InvalidSigner.selector, signer));
        minter.redeem(item, signature);
    }

    function testFuzz_Redeem_RevertWhen_AnyFieldIsNotWhatWasSigned(uint8 field, uint256 flip) public {
        Redemption memory item = _item(7);
        bytes memory signature = _sign(minter, item);
        field %= 6;
        if (field == 0) item.to = address(uint160(item.to) ^ _bit(flip, 160));
        if (field == 1) item.quantity ^= uint32(_bit(flip, 32));
        if (field == 2) item.txCount ^= uint64(_bit(flip, 64));
        if (field == 3) item.alignedSecond ^= uint64(_bit(flip, 64));
        if (field == 4) item.orderId ^= bytes32(uint256(1) << (flip % 256));
        if (field == 5) item.uriDigest ^= bytes32(uint256(1) << (flip % 256));
        vm.expectPartialRevert(IVoucherSigners.InvalidSigner.selector);
        minter.redeem(item, signature);
    }

    function testFuzz_Redeem_RevertWhen_AFieldHasDirtyBits(uint8 field, uint256 flip) public {
        // Hashing copies fields unchecked; what is above a field's type must still be refused.
        Redemption memory item = _item(7);
        bytes memory data = abi.encodeCall(minter.redeem, (item, _sign(minter, item)));
        uint256[4] memory bits = [uint256(160), 32, 64, 64];
        field %= 4;
        uint256 dirt = (uint256(1) << (bits[field] + (flip % (256 - bits[field]))));
        uint256 offset = 4 + 32 * uint256(field);
        assembly {
            let place := add(add(data, 0x20), offset)
            mstore(place, xor(mload(place), dirt))
        }
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, ) = address(minter).call(data);
        no(success, "dirty bits");
        eq(_supply(), 0, "nothing minted");
    }

    function test_Redeem_RevertWhen_SignedForAnotherMinter() public {
        VoucherRedeemer other = _deploy();
        Redemption memory item = _item(7);
        bytes memory signature = _sign(other, item);
        vm.expectPartialRevert(IVoucherSigners.InvalidSigner.selector);
        minter.redeem(item, signature);
    }

    function test_Redeem_RevertWhen_TheChainForked() public {
        Redemption memory item = _item(7);
        bytes memory before = _sign(minter, item);
        vm.chainId(block.chainid + 1);
        vm.expectPartialRevert(IVoucherSigners.InvalidSigner.selector);
        minter.redeem(item, before);
        _redeem(item); // signed for the new chain
    }

    function testFuzz_Redeem_RevertWhen_TheSignatureIsNoise(bytes memory signature) public {
        vm.expectRevert();
        minter.redeem(_item(7), signature);
    }

    function test_Redeem_RevertWhen_TheSignatureIsTooShort() public {
        for (uint256 length = 0; length < 20; ++length) {
            vm.expectRevert(abi.encodeWithSelector(IVoucherSigners.InvalidSignatureLength.selector, length));
            minter.redeem(_item(7), new bytes(length));
        }
    }

    // --- contract signers

    function test_Redeem_ByAContractSigner() public {
        Wallet wallet = new Wallet(vm.addr(STRANGER_KEY));
        minter.grantSigner(address(wallet));
        Redemption memory item = _item(7);
        minter.redeem(item, abi.encodePacked(wallet, _signature(STRANGER_KEY, _digest(minter, item))));
        eq(_balance(item.to), 1, "balance");
    }

    function test_Redeem_RevertWhen_TheContractSignerRefuses() public {
        Wallet wallet = new Wallet(vm.addr(STRANGER_KEY));
        minter.grantSigner(address(wallet));
        Redemption memory item = _item(7);
        bytes memory signature = abi.encodePacked(wallet, _sign(minter, item)); // by somebody else
        vm.expectRevert(abi.encodeWithSelector(IVoucherSigners.InvalidSigner.selector, address(wallet)));
        minter.redeem(item, signature);
    }

    function test_Redeem_RevertWhen_TheContractSignerIsNotGranted() public {
        Wallet wallet = new Wallet(signer);
        Redemption memory item = _item(7);
        bytes memory signature = abi.encodePacked(wallet, _sign(minter, item));
        vm.expectRevert(abi.encodeWithSelector(IVoucherSigners.InvalidSigner.selector, address(wallet)));
        minter.redeem(item, signature);
    }

    function test_Redeem_RevertWhen_AnAccountIsNamedAsContractSigner() public {
        // A call to an account without code succeeds and answers nothing.
        bytes memory signature = abi.encodePacked(signer, "yes");
        vm.expectRevert(abi.encodeWithSelector(IVoucherSigners.InvalidSigner.selector, signer));
        minter.redeem(_item(7), signature);
    }

    function test_Redeem_RevertWhen_TheContractSignerIsHostile() public {
        Redemption memory inner = _item(8);
        bytes memory payload = abi.encode(inner, _sign(minter, inner));
        for (uint256 manner = 0; manner <= uint256(HostileWallet.Manner.ReEnter); ++manner) {
            HostileWallet wallet = new HostileWallet(HostileWallet.Manner(manner));
            minter.grantSigner(address(wallet));
            bytes memory signature = abi.encodePacked(wallet, payload);
            vm.expectRevert(abi.encodeWithSelector(IVoucherSigners.InvalidSigner.selector, address(wallet)));
            minter.redeem{gas: 2_000_000}(_item(7), signature);
        }
        no(minter.redeemed(7) || minter.redeemed(8), "nothing was redeemed, not even on the way");
    }

    // --- redeemMany and redeemBatch

    function test_RedeemMany_MintsEach() public {
        Redemption[] memory items = _items(250, 12); // over the edge of a word
        minter.redeemMany(items, _signEach(minter, items), false);
        _allMinted(items);
    }

    function test_RedeemBatch_MintsEach() public {
        Redemption[] memory items = _items(250, 12);
        minter.redeemBatch(items, _signBatch(minter, items), false);
        _allMinted(items);
    }

    function test_RedeemBatch_OfTheLargestSize() public {
        Redemption[] memory items = _items(0, minter.MAX_BATCH());
        minter.redeemBatch(items, _signBatch(minter, items), true);
        eq(_supply(), items.length, "supply");
        eq(minter.nonceWord(0), type(uint256).max, "word");
    }

    function test_RedeemMany_RevertWhen_Empty() public {
        vm.expectRevert(IVoucherRedeemer.EmptyBatch.selector);
        minter.redeemMany(new Redemption[](0), new bytes[](0), true);
    }

    function test_RedeemBatch_RevertWhen_Empty() public {
        Redemption[] memory items = new Redemption[](0);
        bytes memory signature = _signBatch(minter, items);
        vm.expectRevert(IVoucherRedeemer.EmptyBatch.selector);
        minter.redeemBatch(items, signature, true);
    }

    function test_RedeemMany_RevertWhen_TooLarge() public {
        Redemption[] memory items = _items(0, 257);
        vm.expectRevert(abi.encodeWithSelector(IVoucherRedeemer.BatchTooLarge.selector, 257, 256));
        minter.redeemMany(items, new bytes[](257), true);
    }

    function test_RedeemBatch_RevertWhen_TooLarge() public {
        Redemption[] memory items = _items(0, 257);
        bytes memory signature = _signBatch(minter, items);
        vm.expectRevert(abi.encodeWithSelector(IVoucherRedeemer.BatchTooLarge.selector, 257, 256));
        minter.redeemBatch(items, signature, true);
    }

    function test_RedeemMany_RevertWhen_ASignatureIsMissing() public {
        vm.expectRevert(abi.encodeWithSelector(IVoucherRedeemer.LengthMismatch.selector, 3, 2));
        minter.redeemMany(_items(0, 3), new bytes[](2), true);
    }

    function test_RedeemMany_RevertWhen_OneSignatureIsBad() public {
        Redemption[] memory items = _items(0, 3);
        bytes[] memory signatures = _signEach(minter, items);
        signatures[2] = _signature(STRANGER_KEY, _digest(minter, items[2]));
        vm.expectRevert(abi.encodeWithSelector(IVoucherSigners.InvalidSigner.selector, vm.addr(STRANGER_KEY)));
        minter.redeemMany(items, signatures, true);
    }

    function test_RedeemMany_RevertWhen_SignaturesAreInAnotherOrder() public {
        Redemption[] memory items = _items(0, 2);
        bytes[] memory signatures = _signEach(minter, items);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        vm.expectPartialRevert(IVoucherSigners.InvalidSigner.selector);
        minter.redeemMany(items, signatures, true);
    }

    function test_RedeemBatch_RevertWhen_TheBatchIsNotWhatWasSigned() public {
        Redemption[] memory items = _items(0, 3);
        bytes memory signature = _signBatch(minter, items);
        vm.expectPartialRevert(IVoucherSigners.InvalidSigner.selector); // a part
        minter.redeemBatch(_items(0, 2), signature, true);
        vm.expectPartialRevert(IVoucherSigners.InvalidSigner.selector); // more
        minter.redeemBatch(_items(0, 4), signature, true);
        (items[0], items[1]) = (items[1], items[0]);
        vm.expectPartialRevert(IVoucherSigners.InvalidSigner.selector); // another order
        minter.redeemBatch(items, signature, true);
    }

    function test_RedeemBatch_RevertWhen_SignedAsASingleVoucher() public {
        Redemption[] memory items = _items(0, 1);
        bytes memory single = _sign(minter, items[0]);
        bytes memory batch = _signBatch(minter, items);
        vm.expectPartialRevert(IVoucherSigners.InvalidSigner.selector);
        minter.redeemBatch(items, single, true);
        vm.expectPartialRevert(IVoucherSigners.InvalidSigner.selector);
        minter.redeem(items[0], batch);
    }

    function test_RedeemBatch_ByAContractSigner() public {
        Wallet wallet = new Wallet(signer);
        minter.grantSigner(address(wallet));
        Redemption[] memory items = _items(0, 3);
        minter.redeemBatch(items, abi.encodePacked(wallet, _signBatch(minter, items)), false);
        _allMinted(items);
    }

    function test_RedeemBatch_RevertWhen_OneIsRedeemed() public {
        _redeem(_item(1));
        _batchRefuses(_items(0, 3), false, abi.encodeWithSelector(NonceBitmap.VoucherAlreadyRedeemed.selector, 1));
        eq(_supply(), 1, "nothing of it was minted");
    }

    function test_RedeemBatch_RevertWhen_OneIsExpired() public {
        Redemption[] memory items = _items(0, 3);
        items[1].alignedSecond = NOW - 301;
        _batchRefuses(items, false, abi.encodeWithSelector(IVoucherRedeemer.VoucherExpired.selector, 1, NOW - 301));
    }

    function test_RedeemBatch_RevertWhen_TheSameNumberIsInItTwice() public {
        Redemption[] memory items = _items(0, 3);
        items[2].txCount = 1;
        _batchRefuses(items, false, abi.encodeWithSelector(NonceBitmap.VoucherAlreadyRedeemed.selector, 1));
    }

    // --- skip mode

    function test_RedeemBatch_SkipsWhatIsRedeemed() public {
        _redeem(_item(1));
        Redemption[] memory items = _items(0, 3);
        _batchSkips(items, 1, SkipReason.AlreadyRedeemed);
        _allMinted(items);
    }

    function test_RedeemBatch_SkipsWhatIsExpired() public {
        Redemption[] memory items = _items(0, 3);
        items[1].alignedSecond = NOW - 301;
        _batchSkips(items, 1, SkipReason.Expired);
        eq(_balance(items[0].to) + _balance(items[2].to), 2, "the others");
        eq(_balance(items[1].to), 0, "the expired one");
        no(minter.redeemed(1), "its number is unused");
    }

    function test_RedeemBatch_SkipsTheSecondOfTheSameNumber() public {
        Redemption[] memory items = _items(0, 3);
        items[2].txCount = 1;
        _batchSkips(items, 1, SkipReason.AlreadyRedeemed);
        eq(_balance(items[2].to), 0, "the second");
        eq(_supply(), 2, "supply");
    }

    function test_RedeemBatch_ASkippedItemThatExpiredAfterItsRedemptionCountsAsRedeemed() public {
        Redemption[] memory items = _items(0, 1);
        bytes memory signature = _signBatch(minter, items);
        minter.redeemBatch(items, signature, true);
        vm.warp(NOW + 10_000);
        vm.expectEmit(address(minter));
        emit IVoucherRedeemer.VoucherSkipped(0, SkipReason.AlreadyRedeemed);
        minter.redeemBatch(items, signature, true);
        eq(_supply(), 1, "supply");
    }

    function test_RedeemBatch_RevertWhen_OneIsFromTheFuture_AlsoInSkipMode() public {
        Redemption[] memory items = _items(0, 3);
        items[2].alignedSecond = NOW + 3;
        _batchRefuses(items, true, abi.encodeWithSelector(IVoucherRedeemer.VoucherFromFuture.selector, 2, NOW + 3));
    }

    function test_RedeemBatch_RevertWhen_AQuantityIsZero_AlsoInSkipMode() public {
        Redemption[] memory items = _items(0, 3);
        items[2].quantity = 0;
        _batchRefuses(
            items,
            true,
            abi.encodeWithSelector(IVoucherRedeemer.QuantityOutOfRange.selector, 2, 0, minter.MAX_QUANTITY())
        );
    }

    function test_RedeemMany_SkipsWhatIsRedeemedOrExpired() public {
        _redeem(_item(0));
        Redemption[] memory items = _items(0, 3);
        items[1].alignedSecond = NOW - 301;
        bytes[] memory signatures = _signEach(minter, items);
        vm.expectEmit(address(minter));
        emit IVoucherRedeemer.VoucherSkipped(0, SkipReason.AlreadyRedeemed);
        vm.expectEmit(address(minter));
        emit IVoucherRedeemer.VoucherSkipped(1, SkipReason.Expired);
        minter.redeemMany(items, signatures, true);
        eq(_balance(items[2].to), 1, "the third");
        eq(_supply(), 2, "supply");
    }

    function test_RedeemMany_RevertWhen_ASkippableItemIsNotSigned() public {
        // Otherwise anybody could log VoucherSkipped(Expired) for a number whose voucher is alive.
        Redemption[] memory items = _items(0, 1);
        items[0].alignedSecond = NOW - 301;
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = _signature(STRANGER_KEY, _digest(minter, items[0]));
        vm.expectPartialRevert(IVoucherSigners.InvalidSigner.selector);
        minter.redeemMany(items, signatures, true);
    }

    function testFuzz_SkipModeNeverLosesAnotherItem(uint16 redeemedBefore, uint16 expired, bool each) public {
        Redemption[] memory items = _items(100, 16);
        uint256 before;
        for (uint64 i = 0; i < 16; ++i) {
            if ((redeemedBefore >> i) & 1 == 1) {
                _redeem(items[i]);
                ++before;
            } else if ((expired >> i) & 1 == 1) {
                items[i].alignedSecond = NOW - 301 - i;
            }
        }
        if (each) minter.redeemMany(items, _signEach(minter, items), true);
        else minter.redeemBatch(items, _signBatch(minter, items), true);
        for (uint256 i = 0; i < 16; ++i) {
            bool late = items[i].alignedSecond != NOW;
            eq(_balance(items[i].to), late ? 0 : 1, "balance");
            yes(minter.redeemed(items[i].txCount) != late, "used exactly if minted");
        }
    }

    function testFuzz_OrderOfRedemptionDoesNotMatter(uint256 seed) public {
        uint64[8] memory numbers = [uint64(0), 1, 255, 256, 257, 511, 70_000, type(uint64).max];
        for (uint256 i = 7; i > 0; --i) {
            uint256 j = uint256(keccak256(abi.encode(seed, i))) % (i + 1);
            (numbers[i], numbers[j]) = (numbers[j], numbers[i]);
        }
        for (uint256 i = 0; i < 8; ++i) _redeem(_item(numbers[i]));
        for (uint256 i = 0; i < 8; ++i) eq(_balance(_owner(numbers[i])), 1, "balance");
        eq(minter.nonceWord(0), (1 << 255) | 3, "first word");
        eq(minter.nonceWord(1), (1 << 255) | 3, "second word");
    }

    // --- cancel

    function test_Cancel_UsesUpNumbersAndLogsOnlyTheUnusedOnes() public {
        _redeem(_item(257));
        vm.expectEmit(address(minter));
        emit IVoucherRedeemer.VouchersCancelled(1, 1 << 5);
        minter.cancel(1, (1 << 5) | (1 << 1));
        eq(minter.nonceWord(1), (1 << 5) | (1 << 1), "word");
        vm.expectEmit(address(minter));
        emit IVoucherRedeemer.VouchersCancelled(1, 0);
        minter.cancel(1, 1 << 5);
        eq(_supply(), 1, "nothing minted");
    }

    function test_Cancel_RevertWhen_TheCallerHasNoRole() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, _owner(1)));
        vm.prank(_owner(1));
        minter.cancel(0, 1);
    }

    // --- signers

    function test_GrantSigner_AndRevoke() public {
        address newcomer = vm.addr(STRANGER_KEY);
        no(minter.isSigner(newcomer), "not yet");
        vm.expectEmit(address(minter));
        emit IVoucherSigners.SignerGranted(newcomer);
        minter.grantSigner(newcomer);
        yes(minter.isSigner(newcomer), "granted");
        Redemption memory item = _item(7);
        minter.redeem(item, _signature(STRANGER_KEY, _digest(minter, item)));
        vm.expectEmit(address(minter));
        emit IVoucherSigners.SignerRevoked(newcomer);
        minter.revokeSigner(newcomer);
        no(minter.isSigner(newcomer), "revoked");
        yes(minter.isSigner(signer), "the other stays");
    }

    function test_GrantSigner_RevertWhen_ItIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(IVoucherSigners.InvalidSigner.selector, address(0)));
        minter.grantSigner(address(0));
    }

    function test_GrantSigner_RevertWhen_TheCallerHasNoRole() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, _owner(1)));
        vm.prank(_owner(1));
        minter.grantSigner(_owner(1));
    }

    function test_RevokeSigner_RevertWhen_TheCallerHasNoRole() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, signer));
        vm.prank(signer);
        minter.revokeSigner(signer);
    }

    function test_GrantSigner_CanBeDelayedWhileRevokingIsNot() public {
        bytes4[] memory grant = new bytes4[](1);
        grant[0] = IVoucherSigners.grantSigner.selector;
        bytes4[] memory revoke = new bytes4[](1);
        revoke[0] = IVoucherSigners.revokeSigner.selector;
        manager.setTargetFunctionRole(address(minter), grant, 1);
        manager.setTargetFunctionRole(address(minter), revoke, 2);
        address keeper = _owner(50);
        manager.grantRole(1, keeper, 1 days);
        manager.grantRole(2, keeper, 0);

        bytes memory call = abi.encodeCall(IVoucherSigners.grantSigner, (_owner(51)));
        vm.expectRevert();
        vm.prank(keeper);
        minter.grantSigner(_owner(51));
        vm.prank(keeper);
        manager.schedule(address(minter), call, 0);
        vm.warp(NOW + 1 days);
        vm.prank(keeper);
        minter.grantSigner(_owner(51));
        yes(minter.isSigner(_owner(51)), "granted after the delay");
        vm.prank(keeper);
        minter.revokeSigner(signer);
        no(minter.isSigner(signer), "revoked at once");
    }

    // --- helpers

    function _bit(uint256 flip, uint256 width) private pure returns (uint160) {
        return uint160(uint256(1) << (flip % width));
    }

    function _redeem(Redemption memory item) internal {
        uint256 before = _balance(item.to);
        minter.redeem(item, _sign(minter, item));
        eq(_balance(item.to), before + item.quantity, "balance");
        yes(minter.redeemed(item.txCount), "redeemed");
    }

    function _refuses(Redemption memory item, bytes memory reason) internal {
        bytes memory signature = _sign(minter, item);
        vm.expectRevert(reason);
        minter.redeem(item, signature);
    }

    function _batchRefuses(Redemption[] memory items, bool skip, bytes memory reason) internal {
        bytes memory signature = _signBatch(minter, items);
        bytes[] memory signatures = _signEach(minter, items);
        vm.expectRevert(reason);
        minter.redeemBatch(items, signature, skip);
        vm.expectRevert(reason);
        minter.redeemMany(items, signatures, skip);
    }

    function _batchSkips(Redemption[] memory items, uint64 txCount, SkipReason reason) internal {
        bytes memory signature = _signBatch(minter, items);
        vm.expectEmit(address(minter));
        emit IVoucherRedeemer.VoucherSkipped(txCount, reason);
        minter.redeemBatch(items, signature, true);
    }

    function _allMinted(Redemption[] memory items) internal view {
        for (uint256 i = 0; i < items.length; ++i) {
            eq(_balance(items[i].to), items[i].quantity, "balance");
            yes(minter.redeemed(items[i].txCount), "redeemed");
        }
        eq(_supply(), items.length, "supply");
    }
}

contract VoucherMinterRedeemsVouchersTest is VoucherRedeemerSuite {
    function _deploy() internal override returns (VoucherRedeemer) {
        return _voucherMinter();
    }

    function _balance(address owner) internal view override returns (uint256) {
        return VoucherMinter(address(minter)).balanceOf(owner);
    }

    function _supply() internal view override returns (uint256) {
        return VoucherMinter(address(minter)).totalSupply();
    }

    function _firstId() internal pure override returns (uint256) {
        return 1;
    }
}

contract EditionMinterRedeemsVouchersTest is VoucherRedeemerSuite {
    uint256 private constant ID = uint256(keccak256("uri"));

    function _deploy() internal override returns (VoucherRedeemer) {
        return _editionMinter();
    }

    function _balance(address owner) internal view override returns (uint256) {
        return EditionMinter(address(minter)).balanceOf(owner, ID);
    }

    function _supply() internal view override returns (uint256) {
        return EditionMinter(address(minter)).totalSupply(ID);
    }

    function _firstId() internal pure override returns (uint256) {
        return ID;
    }
}
