// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {GovernanceToken} from "../../contracts/governance/GovernanceToken.sol";
import {IStakedVotes} from "../../contracts/governance/interfaces/IStakedVotes.sol";
import {StakedVotes} from "../../contracts/governance/StakedVotes.sol";
import {OddToken} from "./mocks/Tokens.sol";
import {Assert, vm} from "./Vm.sol";

contract StakedVotesTest is Assert {
    uint256 private constant NOW = 1_900_000_000;
    address private constant ANN = address(0xa11);
    address private constant BOB = address(0xb0b);

    GovernanceToken private token;
    StakedVotes private stakes;

    function setUp() public {
        vm.warp(NOW);
        token = new GovernanceToken(address(this));
        stakes = new StakedVotes(token);
        yes(token.transfer(ANN, 1_000), "transfer");
        vm.prank(ANN);
        token.approve(address(stakes), type(uint256).max);
    }

    function test_ATokenWithoutCodeIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IStakedVotes.NoCode.selector, ANN));
        new StakedVotes(GovernanceToken(ANN));
    }

    function test_StakeVotesForItsOwnerUntilItIsDelegated() public {
        vm.expectEmit(address(stakes));
        emit IStakedVotes.Staked(ANN, 600, 600);
        _stake(600);
        _has(600, 600, 0);
        vm.prank(ANN);
        stakes.delegate(BOB);
        _has(600, 0, 600);
        _stake(400);
        _has(1_000, 0, 1_000);
        vm.prank(ANN);
        stakes.delegate(address(0));
        _has(1_000, 1_000, 0);
        eq(stakes.delegates(ANN), ANN, "delegate");
        _unstake(1_000);
        _has(0, 0, 0);
        eq(stakes.clock(), NOW, "clock");
        eq(stakes.CLOCK_MODE(), "mode=timestamp", "mode");
    }

    function test_UnstakedTokensComeBackAfterTheCooldown() public {
        _stake(1_000);
        vm.expectEmit(address(stakes));
        emit IStakedVotes.Unstaked(ANN, 300, NOW + 14 days);
        _unstake(300);
        vm.warp(NOW + 14 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakedVotes.CoolingDown.selector, NOW + 14 days));
        _withdraw(BOB);
        vm.warp(NOW + 14 days);
        vm.expectEmit(address(stakes));
        emit IStakedVotes.Withdrawn(ANN, BOB, 300);
        _withdraw(BOB);
        eq(token.balanceOf(BOB), 300, "paid");
        vm.expectRevert(IStakedVotes.ZeroAmount.selector);
        _withdraw(BOB);
        eq(stakes.stakeOf(ANN), 700, "left");
    }

    function test_WhatIsUnstakedLaterMakesTheEarlierWaitToo() public {
        _stake(1_000);
        _unstake(300);
        vm.warp(NOW + 14 days);
        _unstake(200);
        vm.expectRevert(abi.encodeWithSelector(IStakedVotes.CoolingDown.selector, NOW + 28 days));
        _withdraw(ANN);
        vm.warp(NOW + 28 days);
        _withdraw(ANN);
        eq(token.balanceOf(ANN), 500, "both");
    }

    function test_NothingIsWithdrawnToWhereNobodyGetsItBack() public {
        _stake(1_000);
        _unstake(300);
        vm.warp(NOW + 14 days);
        address[3] memory traps = [address(0), address(stakes), address(token)];
        for (uint256 i = 0; i < traps.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IStakedVotes.InvalidReceiver.selector, traps[i]));
            _withdraw(traps[i]);
        }
        (uint256 cooling, ) = stakes.coolingOf(ANN);
        eq(cooling, 300, "still hers");
        _withdraw(ANN);
        eq(token.balanceOf(ANN), 300, "paid");
    }

    function test_Refusals() public {
        vm.expectRevert(IStakedVotes.ZeroAmount.selector);
        _stake(0);
        vm.expectRevert(IStakedVotes.ZeroAmount.selector);
        _unstake(0);
        _stake(10);
        vm.expectRevert(abi.encodeWithSelector(IStakedVotes.InsufficientStake.selector, 10, 11));
        _unstake(11);
        vm.expectPartialRevert(bytes4(keccak256("ERC20InsufficientBalance(address,uint256,uint256)")));
        _stake(991);
    }

    function test_ATokenThatTakesAFeeIsRefused() public {
        OddToken odd = new OddToken(18);
        StakedVotes other = new StakedVotes(odd);
        odd.give(ANN, 100);
        odd.setFee(1);
        vm.prank(ANN);
        odd.approve(address(other), 100);
        vm.expectPartialRevert(IStakedVotes.TransferMismatch.selector);
        vm.prank(ANN);
        other.stake(100);
    }

    function test_AGiftVotesForNobody() public {
        _stake(1);
        vm.prank(ANN);
        yes(token.transfer(address(stakes), 500), "gift");
        _has(1, 1, 0);
        vm.warp(NOW + 1);
        eq(stakes.getPastTotalSupply(NOW), 1, "total");
    }

    /// @dev Whatever is staked, unstaked and delegated: votes are the stakes, and the contract holds stakes and cooling.
    function testFuzz_VotesAreStakes(uint256 seed) public {
        for (uint256 i = 0; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 what = seed % 4;
            uint256 staked = stakes.stakeOf(ANN);
            uint256 amount = (seed >> 8) % 300;
            if (what == 0 && amount > 0 && amount <= token.balanceOf(ANN)) _stake(amount);
            if (what == 1 && amount > 0 && amount <= staked) _unstake(amount);
            if (what == 2) {
                vm.prank(ANN);
                stakes.delegate([address(0), ANN, BOB][(seed >> 8) % 3]);
            }
            if (what == 3) vm.warp(block.timestamp + (seed % 20 days));
            (uint256 cooling, uint256 withdrawableAt) = stakes.coolingOf(ANN);
            if (cooling > 0 && block.timestamp >= withdrawableAt) {
                _withdraw(ANN);
                cooling = 0;
            }
            eq(stakes.getVotes(ANN) + stakes.getVotes(BOB), stakes.stakeOf(ANN), "votes");
            eq(stakes.getVotes(stakes.delegates(ANN)), stakes.stakeOf(ANN), "delegate's votes");
            eq(token.balanceOf(address(stakes)), stakes.stakeOf(ANN) + cooling, "held");
        }
    }

    function _stake(uint256 amount) private {
        vm.prank(ANN);
        stakes.stake(amount);
    }

    function _unstake(uint256 amount) private {
        vm.prank(ANN);
        stakes.unstake(amount);
    }

    function _withdraw(address to) private {
        vm.prank(ANN);
        stakes.withdraw(to);
    }

    function _has(uint256 staked, uint256 annVotes, uint256 bobVotes) private view {
        eq(stakes.stakeOf(ANN), staked, "stake");
        eq(stakes.getVotes(ANN), annVotes, "Ann's votes");
        eq(stakes.getVotes(BOB), bobVotes, "Bob's votes");
    }
}
