// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EditionMinter} from "../../contracts/mint/EditionMinter.sol";
import {IEditionMinter} from "../../contracts/mint/interfaces/IEditionMinter.sol";
import {IRestrictedRoyalty} from "../../contracts/mint/interfaces/IRestrictedRoyalty.sol";
import {IVoucherRedeemer, Redemption, SkipReason} from "../../contracts/mint/interfaces/IVoucherRedeemer.sol";
import {MintTest} from "./MintTest.sol";
import {Receiver} from "./mocks/Receivers.sol";
import {vm} from "./Vm.sol";

contract EditionMinterTest is MintTest {
    uint256 private constant ID = uint256(keccak256("uri"));

    EditionMinter private _minter;
    Receiver private _receiver;

    function setUp() public {
        _start();
        _minter = _editionMinter();
        _receiver = new Receiver();
    }

    function test_Redeem_TheDigestIsTheId() public {
        Redemption memory item = _item(0);
        item.quantity = type(uint32).max;
        item.uriDigest = bytes32(uint256(77));
        _minter.redeem(item, _sign(_minter, item));
        eq(_minter.balanceOf(item.to, 77), type(uint32).max, "balance");
        eq(_minter.totalSupply(77), type(uint32).max, "supply of the edition");
        eq(_minter.totalSupply(), type(uint32).max, "supply of all");
    }

    function test_Redeem_RevertWhen_TheReceiverIsZero() public {
        Redemption memory item = _item(0);
        item.to = address(0);
        bytes memory signature = _sign(_minter, item);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        _minter.redeem(item, signature);
    }

    function test_Redeem_AsksAContractAndNamesTheSubmitter() public {
        Redemption memory item = _itemForReceiver(0);
        bytes memory signature = _sign(_minter, item);
        vm.prank(_owner(5));
        _minter.redeem(item, signature);
        eq(_receiver.calls(), 1, "asked");
        eq(_receiver.operator(), _owner(5), "operator");
    }

    function test_Redeem_RevertWhen_TheReceiverRefuses() public {
        Redemption memory item = _itemForReceiver(0);
        bytes memory signature = _sign(_minter, item);
        _receiver.behave(Receiver.Manner.Refuse, "");
        vm.expectRevert(Receiver.NoThankYou.selector);
        _minter.redeem(item, signature);
        _receiver.behave(Receiver.Manner.WrongAnswer, "");
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(_receiver)));
        _minter.redeem(item, signature);
        no(_minter.redeemed(0), "its number is unused");
        _receiver.behave(Receiver.Manner.Accept, "");
        _minter.redeem(item, signature);
        eq(_minter.balanceOf(address(_receiver), ID), 1, "accepted in the end");
    }

    function test_RedeemBatch_RevertWhen_AReceiverRefuses_NotInSkipMode() public {
        _receiver.behave(Receiver.Manner.Refuse, "");
        Redemption[] memory items = _itemsWithReceiverAt(1);
        bytes memory signature = _signBatch(_minter, items);
        vm.expectRevert(Receiver.NoThankYou.selector);
        _minter.redeemBatch(items, signature, false);
    }

    function test_RedeemBatch_InSkipModeAContractReceiverIsServedLikeTheOthers() public {
        Redemption[] memory items = _itemsWithReceiverAt(1);
        bytes memory signature = _signBatch(_minter, items);
        vm.expectEmit(address(_minter));
        emit IVoucherRedeemer.Minted(items[1].orderId, address(_receiver), ID, 1, 1);
        _minter.redeemBatch(items, signature, true);
        eq(_minter.balanceOf(address(_receiver), ID), 1, "receiver");
        eq(_receiver.operator(), address(_minter), "operator");
        eq(_minter.totalSupply(ID), 3, "supply");
        vm.expectEmit(address(_minter));
        emit IVoucherRedeemer.VoucherSkipped(1, SkipReason.AlreadyRedeemed);
        _minter.redeemBatch(items, signature, true); // sent twice
        eq(_minter.totalSupply(ID), 3, "supply");
    }

    function test_RedeemBatch_InSkipModeAHostileReceiverHarmsNobodyElse() public {
        for (
            uint64 manner = uint64(uint8(Receiver.Manner.Refuse));
            manner <= uint8(Receiver.Manner.ReturnBomb);
            ++manner
        ) {
            _receiver.behave(Receiver.Manner(uint8(manner)), "");
            uint64 first = manner * 10;
            Redemption[] memory items = _items(first, 3);
            items[1].to = address(_receiver);
            bytes memory signature = _signBatch(_minter, items);
            vm.expectEmit(address(_minter));
            emit IVoucherRedeemer.VoucherSkipped(first + 1, SkipReason.ReceiverRefused);
            uint256 before = gasleft();
            _minter.redeemBatch{gas: 2_000_000}(items, signature, true);
            yes(before - gasleft() < 700_000, "what it could waste is bounded");
            eq(_minter.balanceOf(items[0].to, ID) + _minter.balanceOf(items[2].to, ID), 2, "the others");
            no(_minter.redeemed(first + 1), "its number is unused");
            yes(_minter.redeemed(first) && _minter.redeemed(first + 2), "theirs are used");
        }
        eq(_minter.balanceOf(address(_receiver), ID), 0, "nothing");
        eq(_minter.totalSupply(ID), _minter.totalSupply(), "supply");
    }

    function test_RedeemBatch_WhatWasRefusedCanBeRedeemedLater() public {
        _receiver.behave(Receiver.Manner.Refuse, "");
        Redemption[] memory items = _itemsWithReceiverAt(0);
        bytes memory signature = _signBatch(_minter, items);
        _minter.redeemBatch(items, signature, true);
        _receiver.behave(Receiver.Manner.Accept, "");
        _minter.redeemBatch(items, signature, true);
        eq(_minter.balanceOf(address(_receiver), ID), 1, "at last");
        eq(_minter.totalSupply(ID), 3, "once each");
    }

    function test_RedeemBatch_RevertWhen_ItsContractItemIsMalformed_AlsoInSkipMode() public {
        Redemption[] memory items = _itemsWithReceiverAt(1);
        items[1].alignedSecond = NOW + 3;
        bytes memory signature = _signBatch(_minter, items);
        vm.expectRevert(abi.encodeWithSelector(IVoucherRedeemer.VoucherFromFuture.selector, 1, NOW + 3));
        _minter.redeemBatch(items, signature, true);
        items[1].alignedSecond = NOW;
        items[1].quantity = 0;
        signature = _signBatch(_minter, items);
        vm.expectRevert(abi.encodeWithSelector(IVoucherRedeemer.QuantityOutOfRange.selector, 1, 0, type(uint32).max));
        _minter.redeemBatch(items, signature, true);
    }

    function testFuzz_RedeemBatch_TooLittleGasNeverFailsAnHonestReceiver(uint256 gas) public {
        gas = 60_000 + (gas % 500_000);
        Redemption[] memory items = new Redemption[](1);
        items[0] = _itemForReceiver(0);
        bytes memory signature = _signBatch(_minter, items);
        try _minter.redeemBatch{gas: gas}(items, signature, true) {
            eq(_minter.balanceOf(address(_receiver), ID), 1, "served");
        } catch {
            no(_minter.redeemed(0), "or everything was undone");
        }
    }

    function test_RedeemBatch_RevertWhen_TooLittleGasIsLeft() public {
        Redemption[] memory items = new Redemption[](1);
        items[0] = _itemForReceiver(0);
        bytes memory signature = _signBatch(_minter, items);
        vm.expectPartialRevert(IEditionMinter.InsufficientGas.selector);
        _minter.redeemBatch{gas: 200_000}(items, signature, true);
    }

    function test_NothingCanBeRedeemedFromWithinACallback() public {
        Redemption memory other = _item(9);
        Redemption[] memory items = _itemsWithReceiverAt(1);
        Redemption[] memory others = new Redemption[](1);
        others[0] = other;
        bytes[3] memory payloads = [
            abi.encodeCall(_minter.redeem, (other, _sign(_minter, other))),
            abi.encodeCall(_minter.redeemMany, (others, _signEach(_minter, others), true)),
            abi.encodeCall(_minter.redeemBatch, (items, _signBatch(_minter, items), true)) // the rest of its own batch
        ];
        for (uint64 i = 0; i < 6; ++i) {
            bool skip = i >= 3;
            _receiver.behave(Receiver.Manner.ReEnter, payloads[i % 3]);
            Redemption[] memory outer = _items(100 + i * 10, 2);
            outer[0].to = address(_receiver);
            _minter.redeemBatch(outer, _signBatch(_minter, outer), skip);
            no(_receiver.reEntered(), "refused");
            eq(
                bytes32(_receiver.answer()),
                bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
                "by the guard"
            );
        }
        no(_minter.redeemed(0) || _minter.redeemed(1) || _minter.redeemed(9), "nothing on the way");
        eq(_minter.totalSupply(ID), 12, "the outer ones");
    }

    function test_SettleForContract_RevertWhen_CalledFromOutside() public {
        vm.expectRevert(abi.encodeWithSelector(IEditionMinter.OnlySelf.selector, address(this)));
        _minter.settleForContract(_item(0));
        // ... and from within a callback.
        _receiver.behave(Receiver.Manner.ReEnter, abi.encodeCall(_minter.settleForContract, (_item(9))));
        Redemption memory item = _itemForReceiver(0);
        _minter.redeem(item, _sign(_minter, item));
        no(_receiver.reEntered(), "refused");
        no(_minter.redeemed(9), "nothing redeemed");
    }

    function test_NameSymbolAndUri() public {
        eq(_minter.name(), "Editions", "name");
        eq(_minter.symbol(), "ED", "symbol");
        eq(_minter.uri(ID), "ipfs://base/{id}", "uri");
        vm.expectEmit(address(_minter));
        emit IEditionMinter.URITemplateSet("https://new/{id}.json");
        _minter.setURI("https://new/{id}.json");
        eq(_minter.uri(0), "https://new/{id}.json", "new uri");
    }

    function test_SetURI_RevertWhen_TheCallerHasNoRole() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, signer));
        vm.prank(signer);
        _minter.setURI("");
    }

    function test_SetRoyalty_AndWhoMay() public {
        vm.expectEmit(address(_minter));
        emit IRestrictedRoyalty.RoyaltySet(_owner(9), 1000);
        _minter.setRoyalty(_owner(9), 1000);
        (address receiver, uint256 amount) = _minter.royaltyInfo(ID, 50);
        eq(receiver, _owner(9), "receiver");
        eq(amount, 5, "amount");
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, signer));
        vm.prank(signer);
        _minter.setRoyalty(signer, 1000);
    }

    function test_SupportsInterface() public view {
        bytes4[4] memory ids = [
            bytes4(0x01ffc9a7), // ERC-165
            0xd9b67a26, // ERC-1155
            0x0e89341c, // its metadata
            0x2a55205a // ERC-2981
        ];
        for (uint256 i = 0; i < ids.length; ++i) yes(_minter.supportsInterface(ids[i]), "supported");
        no(_minter.supportsInterface(0xffffffff), "never supported");
    }

    function _itemForReceiver(uint64 txCount) private view returns (Redemption memory item) {
        item = _item(txCount);
        item.to = address(_receiver);
    }

    function _itemsWithReceiverAt(uint256 index) private view returns (Redemption[] memory items) {
        items = _items(0, 3);
        items[index].to = address(_receiver);
    }
}
