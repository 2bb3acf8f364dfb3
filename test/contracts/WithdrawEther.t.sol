// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {VaultTest} from "./VaultTest.sol";
import {vm} from "./Vm.sol";

/// @notice WETH9, and the local WrappedEther with it, gives 2,300 gas when its ether arrives: there no slot of storage may be
/// read for the first time. A test of its own, as in one transaction all slots are warm.
contract WithdrawEtherTest is VaultTest {
    /// @dev Another transaction than the test's.
    function setUp() public {
        _start();
        vm.deal(ANN, 1 ether);
        vm.prank(ANN);
        vault.depositETH{value: 1 ether}(ANN);
    }

    function test_WithdrawETH_WithTheStipendAlone() public {
        vm.prank(ANN);
        vault.withdrawETH(1 ether, BOB);
        eq(BOB.balance, 1 ether, "ether");
    }
}
