// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {CastToken} from "../../contracts/vault/CastToken.sol";
import {ICastToken} from "../../contracts/vault/interfaces/ICastToken.sol";
import {Assert, vm} from "./Vm.sol";

contract CastTokenTest is Assert {
    uint256 private constant OWNER_KEY = 0x0123;
    address private constant STRANGER = address(0x57a4);

    CastToken private _cast;
    address private _owner = vm.addr(OWNER_KEY);

    function setUp() public {
        vm.warp(1_900_000_000);
        _cast = new CastToken("Cast", "CAST", address(this)); // the test is the vault
    }

    function test_Constructor_SetsNameSymbolDecimalsAndVault() public view {
        eq(_cast.name(), "Cast", "name");
        eq(_cast.symbol(), "CAST", "symbol");
        eq(_cast.decimals(), 18, "decimals");
        eq(_cast.vault(), address(this), "vault");
    }

    function test_Constructor_RevertWhen_TheVaultIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(ICastToken.InvalidVault.selector, address(0)));
        new CastToken("Cast", "CAST", address(0));
    }

    function test_Mint_GivesTokensAndTellsSo() public {
        vm.expectEmit(address(_cast));
        emit IERC20.Transfer(address(0), _owner, 5);
        _cast.mint(_owner, 5);
        eq(_cast.balanceOf(_owner), 5, "balance");
        eq(_cast.totalSupply(), 5, "supply");
    }

    function testFuzz_Mint_RevertWhen_TheCallerIsNotTheVault(address caller) public {
        if (caller == address(this)) return;
        vm.expectRevert(abi.encodeWithSelector(ICastToken.OnlyVault.selector, caller));
        vm.prank(caller);
        _cast.mint(caller, 1);
    }

    function test_Burn_TakesTokensWithoutAllowanceAndTellsSo() public {
        _cast.mint(_owner, 5);
        vm.expectEmit(address(_cast));
        emit IERC20.Transfer(_owner, address(0), 2);
        _cast.burn(_owner, 2);
        eq(_cast.balanceOf(_owner), 3, "balance");
        eq(_cast.totalSupply(), 3, "supply");
    }

    function test_Burn_RevertWhen_TheBalanceIsTooSmall() public {
        _cast.mint(_owner, 5);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, _owner, 5, 6));
        _cast.burn(_owner, 6);
    }

    function testFuzz_Burn_RevertWhen_TheCallerIsNotTheVault(address caller) public {
        if (caller == address(this)) return;
        _cast.mint(_owner, 1);
        vm.expectRevert(abi.encodeWithSelector(ICastToken.OnlyVault.selector, caller));
        vm.prank(caller);
        _cast.burn(_owner, 1);
    }

    function test_Burn_RevertWhen_TheOwnerBurnsItsOwn() public {
        _cast.mint(_owner, 1);
        vm.expectRevert(abi.encodeWithSelector(ICastToken.OnlyVault.selector, _owner));
        vm.prank(_owner);
        _cast.burn(_owner, 1);
    }

    function test_Permit_AllowsOnce() public {
        _cast.mint(_owner, 10);
        (uint8 v, bytes32 r, bytes32 s) = _permit(10, block.timestamp, 0);
        vm.expectEmit(address(_cast));
        emit IERC20.Approval(_owner, STRANGER, 10);
        _cast.permit(_owner, STRANGER, 10, block.timestamp, v, r, s);
        eq(_cast.nonces(_owner), 1, "nonce");
        vm.prank(STRANGER);
        yes(_cast.transferFrom(_owner, STRANGER, 10), "transfer");
        eq(_cast.balanceOf(STRANGER), 10, "moved");
        vm.expectPartialRevert(ERC20Permit.ERC2612InvalidSigner.selector);
        _cast.permit(_owner, STRANGER, 10, block.timestamp, v, r, s);
    }

    function test_Permit_RevertWhen_ItHasExpired() public {
        (uint8 v, bytes32 r, bytes32 s) = _permit(10, block.timestamp - 1, 0);
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, block.timestamp - 1));
        _cast.permit(_owner, STRANGER, 10, block.timestamp - 1, v, r, s);
    }

    function test_Permit_RevertWhen_ItIsForAnotherChain() public {
        (uint8 v, bytes32 r, bytes32 s) = _permit(10, block.timestamp, 0);
        vm.chainId(block.chainid + 1);
        vm.expectPartialRevert(ERC20Permit.ERC2612InvalidSigner.selector);
        _cast.permit(_owner, STRANGER, 10, block.timestamp, v, r, s);
    }

    /// @dev Hashed from the type strings of EIP-712 and EIP-2612, not with the token's own domain.
    function _permit(uint256 value, uint256 deadline, uint256 nonce) private view returns (uint8, bytes32, bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Cast"),
                keccak256("1"),
                block.chainid,
                address(_cast)
            )
        );
        bytes32 content = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                _owner,
                STRANGER,
                value,
                nonce,
                deadline
            )
        );
        return vm.sign(OWNER_KEY, keccak256(abi.encodePacked(hex"1901", domain, content)));
    }
}
