// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ERC2981} from "@openzeppelin/contracts/token/common/ERC2981.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC721A} from "erc721a/contracts/IERC721A.sol";
import {VoucherMinter} from "../../contracts/mint/VoucherMinter.sol";
import {IRestrictedRoyalty} from "../../contracts/mint/interfaces/IRestrictedRoyalty.sol";
import {IVoucherRedeemer, Redemption} from "../../contracts/mint/interfaces/IVoucherRedeemer.sol";
import {MintTest} from "./MintTest.sol";
import {Receiver} from "./mocks/Receivers.sol";
import {vm} from "./Vm.sol";

contract VoucherMinterTest is MintTest {
    VoucherMinter private _minter;

    function setUp() public {
        _start();
        _minter = _voucherMinter();
    }

    function test_Constructor_RevertWhen_TheAuthorityHasNoCode() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedInvalidAuthority.selector, _owner(1)));
        new VoucherMinter(_owner(1), "Drop", "DROP", "");
    }

    function test_Redeem_NumbersTokensFromOneOn() public {
        _redeem(0, _owner(1), 3);
        _redeem(1, _owner(2), 1);
        eq(_minter.ownerOf(1), _owner(1), "1");
        eq(_minter.ownerOf(3), _owner(1), "3");
        eq(_minter.ownerOf(4), _owner(2), "4");
        vm.expectRevert(IERC721A.OwnerQueryForNonexistentToken.selector);
        _minter.ownerOf(5);
        vm.expectRevert(IERC721A.OwnerQueryForNonexistentToken.selector);
        _minter.ownerOf(0);
    }

    function test_Redeem_RevertWhen_TheReceiverIsZero() public {
        Redemption memory item = _item(0);
        item.to = address(0);
        bytes memory signature = _sign(_minter, item);
        vm.expectRevert(IERC721A.MintToZeroAddress.selector);
        _minter.redeem(item, signature);
    }

    function test_Redeem_CallsNobody() public {
        Receiver receiver = new Receiver();
        receiver.behave(Receiver.Manner.Refuse, "");
        _redeem(0, address(receiver), 1);
        eq(_minter.ownerOf(1), address(receiver), "owner");
        eq(receiver.calls(), 0, "calls");
    }

    function test_Redeem_OfMaxQuantity_RevertWhen_OneMore() public {
        uint256 max = _minter.MAX_QUANTITY();
        Redemption memory item = _item(0);
        item.quantity = uint32(max + 1);
        bytes memory signature = _sign(_minter, item);
        vm.expectRevert(abi.encodeWithSelector(IVoucherRedeemer.QuantityOutOfRange.selector, 0, max + 1, max));
        _minter.redeem(item, signature);
    }

    function testFuzz_Redeem_EveryTokenOfAQuantityHasItsOwner(uint16 quantity) public {
        quantity = (quantity % 1600) + 1;
        _redeem(0, _owner(1), quantity);
        _redeem(1, _owner(2), 1);
        eq(_minter.balanceOf(_owner(1)), quantity, "balance");
        for (uint256 id = 1; id <= quantity; id += 97) eq(_minter.ownerOf(id), _owner(1), "owner");
        eq(_minter.ownerOf(quantity), _owner(1), "last");
        eq(_minter.ownerOf(uint256(quantity) + 1), _owner(2), "next");
    }

    function test_TransferOfAnyTokenOfALargeQuantityIsAffordable() public {
        _redeem(0, _owner(1), 2048);
        vm.prank(_owner(1));
        // The last of its run: the longest walk there is.
        _minter.transferFrom{gas: 1_300_000}(_owner(1), _owner(2), 1024);
        eq(_minter.ownerOf(1024), _owner(2), "moved");
        eq(_minter.ownerOf(1023), _owner(1), "before it");
        eq(_minter.ownerOf(1025), _owner(1), "after it");
    }

    function test_TokenURI_IsTheBaseAndTheId() public {
        _redeem(0, _owner(1), 12);
        eq(_minter.tokenURI(12), "ipfs://base/12", "uri");
        eq(_minter.baseURI(), "ipfs://base/", "base");
        vm.expectRevert(IERC721A.URIQueryForNonexistentToken.selector);
        _minter.tokenURI(13);
    }

    function test_SetBaseURI_ReplacesAllAndTellsMarketplaces() public {
        _redeem(0, _owner(1), 1);
        vm.expectEmit(address(_minter));
        emit IERC4906.BatchMetadataUpdate(1, type(uint256).max);
        _minter.setBaseURI("https://new/");
        eq(_minter.tokenURI(1), "https://new/1", "uri");
        _minter.setBaseURI("");
        eq(_minter.tokenURI(1), "", "empty");
    }

    function test_SetBaseURI_RevertWhen_TheCallerHasNoRole() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, signer));
        vm.prank(signer);
        _minter.setBaseURI("");
    }

    function test_SetRoyalty_AppliesToEveryToken() public {
        (address nobody, uint256 nothing) = _minter.royaltyInfo(1, 10_000);
        eq(nobody, address(0), "none yet");
        eq(nothing, 0, "none yet");
        vm.expectEmit(address(_minter));
        emit IRestrictedRoyalty.RoyaltySet(_owner(9), 250);
        _minter.setRoyalty(_owner(9), 250);
        (address receiver, uint256 amount) = _minter.royaltyInfo(77, 10_000);
        eq(receiver, _owner(9), "receiver");
        eq(amount, 250, "amount");
    }

    function test_SetRoyalty_RevertWhen_AboveThePriceOrToNobody() public {
        vm.expectRevert(abi.encodeWithSelector(ERC2981.ERC2981InvalidDefaultRoyalty.selector, 10_001, 10_000));
        _minter.setRoyalty(_owner(9), 10_001);
        vm.expectRevert(abi.encodeWithSelector(ERC2981.ERC2981InvalidDefaultRoyaltyReceiver.selector, address(0)));
        _minter.setRoyalty(address(0), 1);
    }

    function test_SetRoyalty_RevertWhen_TheCallerHasNoRole() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, signer));
        vm.prank(signer);
        _minter.setRoyalty(_owner(9), 1);
    }

    function test_SupportsInterface() public view {
        bytes4[5] memory ids = [
            bytes4(0x01ffc9a7), // ERC-165
            0x80ac58cd, // ERC-721
            0x5b5e139f, // its metadata
            0x2a55205a, // ERC-2981
            0x49064906 // ERC-4906
        ];
        for (uint256 i = 0; i < ids.length; ++i) yes(_minter.supportsInterface(ids[i]), "supported");
        no(_minter.supportsInterface(0xffffffff), "never supported");
    }

    function _redeem(uint64 txCount, address to, uint32 quantity) private {
        Redemption memory item = _item(txCount);
        item.to = to;
        item.quantity = quantity;
        _minter.redeem(item, _sign(_minter, item));
    }
}
