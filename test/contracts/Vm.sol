// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice The cheatcodes of Hardhat's Solidity tests that ours use.
// solhint-disable-next-line interface-starts-with-i
interface Vm {
    function warp(uint256 timestamp) external;
    function roll(uint256 height) external;
    function setBlockhash(uint256 number, bytes32 hash) external;
    function etch(address target, bytes calldata code) external;
    function store(address target, bytes32 slot, bytes32 value) external;
    function chainId(uint256 id) external;
    function prank(address sender) external;
    function deal(address account, uint256 balance) external;
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 privateKey) external pure returns (address);
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;
    function expectPartialRevert(bytes4 selector) external;
    function expectEmit(address emitter) external;
}

Vm constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

/// @notice What a test reverts with when it does not see what it wants.
abstract contract Assert {
    error NotEqual(uint256 seen, uint256 wanted, string what);
    error NotTrue(string what);

    function eq(uint256 seen, uint256 wanted, string memory what) internal pure {
        if (seen != wanted) revert NotEqual(seen, wanted, what);
    }

    function eq(address seen, address wanted, string memory what) internal pure {
        eq(uint160(seen), uint160(wanted), what);
    }

    function eq(bytes32 seen, bytes32 wanted, string memory what) internal pure {
        eq(uint256(seen), uint256(wanted), what);
    }

    function eq(string memory seen, string memory wanted, string memory what) internal pure {
        eq(keccak256(bytes(seen)), keccak256(bytes(wanted)), what);
    }

    function yes(bool condition, string memory what) internal pure {
        if (!condition) revert NotTrue(what);
    }

    function no(bool condition, string memory what) internal pure {
        yes(!condition, what);
    }
}
