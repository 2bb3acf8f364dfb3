// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernanceToken} from "../../contracts/governance/GovernanceToken.sol";
import {IMintGovernor} from "../../contracts/governance/interfaces/IMintGovernor.sol";
import {MintGovernor} from "../../contracts/governance/MintGovernor.sol";
import {StakedVotes} from "../../contracts/governance/StakedVotes.sol";
import {ICollaterals} from "../../contracts/vault/interfaces/ICollaterals.sol";
import {VaultTest} from "./VaultTest.sol";
import {vm} from "./Vm.sol";

/// @notice The vote from 150 % to 135 %, and what it must not let through.
contract GovernanceTest is VaultTest {
    uint8 private constant AGAINST = 0;
    uint8 private constant FOR = 1;
    uint8 private constant ABSTAIN = 2;
    uint64 private constant VAULT_ROLE = 7;
    uint256 private constant TIMELOCK_SECONDS = 2 days;
    address private constant LENDER = address(0x1e4d);

    GovernanceToken private token;
    StakedVotes private stakes;
    TimelockController private timelock;
    MintGovernor private governor;

    function setUp() public {
        _start();
        token = new GovernanceToken(address(this));
        stakes = new StakedVotes(token);
        address[] memory anyone = new address[](1);
        timelock = new TimelockController(TIMELOCK_SECONDS, new address[](0), anyone, address(this));
        governor = new MintGovernor(stakes, timelock);
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(governor));
        timelock.renounceRole(timelock.DEFAULT_ADMIN_ROLE(), address(this));
        bytes4[] memory ratio = new bytes4[](1);
        ratio[0] = ICollaterals.setRatio.selector;
        manager.setTargetFunctionRole(address(vault), ratio, VAULT_ROLE);
        manager.grantRole(VAULT_ROLE, address(timelock), 0);
    }

    function test_ETHGoesFrom150To135Percent() public {
        _stake(ANN, 2_000_000e18);
        uint256 id = _propose(ANN);
        _vote(ANN, id, FOR);
        _is(id, IGovernor.ProposalState.Active);
        vm.warp(governor.proposalDeadline(id));
        _is(id, IGovernor.ProposalState.Active);
        vm.warp(governor.proposalDeadline(id) + 1);
        _is(id, IGovernor.ProposalState.Succeeded);
        _queue();
        vm.warp(block.timestamp + TIMELOCK_SECONDS - 1);
        vm.expectRevert();
        _execute();
        vm.warp(block.timestamp + 1);
        _execute();
        _is(id, IGovernor.ProposalState.Executed);
        eq(vault.termsOf(address(weth)).ratioBps, 13_500, "ratio");
    }

    function test_AVoteLastsSevenDaysToTheSecond() public {
        _stake(ANN, 2_000_000e18);
        uint256 id = _propose(ANN);
        eq(governor.proposalSnapshot(id), block.timestamp + 1 days, "snapshot");
        eq(governor.proposalDeadline(id), governor.proposalSnapshot(id) + 7 days, "deadline");
        vm.warp(governor.proposalSnapshot(id) + 1);
        vm.prank(ANN);
        governor.castVote(id, FOR);
        vm.warp(governor.proposalSnapshot(id) + 7 days - 1);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        _queue();
    }

    function test_AMajorityWithoutAQuorumFails() public {
        _stake(ANN, 1_980_000e18);
        _stake(BOB, 1_020_000e18);
        uint256 id = _propose(ANN);
        _vote(ANN, id, FOR);
        _vote(BOB, id, AGAINST);
        vm.warp(governor.proposalDeadline(id) + 1);
        _is(id, IGovernor.ProposalState.Defeated);
    }

    function test_Exactly66PercentPass() public {
        _decide(3_300_000e18, 1_700_000e18, 0, true);
    }

    function test_JustBelow66PercentFails() public {
        _decide(3_300_000e18 - 1, 1_700_000e18, 0, false);
        _decide(3_300_000e18, 1_700_000e18 + 1, 0, false);
    }

    function test_TheQuorumIsOfVotesForItAlone() public {
        _decide(2_000_000e18, 0, 0, true);
        _decide(2_000_000e18 - 1, 0, 2_000_000e18, false);
        _decide(2_000_000e18 - 1, 1_000_000e18, 0, false);
        _decide(0, 0, 2_000_000e18, false);
        eq(governor.COUNTING_MODE(), "support=bravo&quorum=for", "counting mode");
    }

    function test_AbstainingEarlyDoesNotEndTheProtectionOfALateQuorum() public {
        _stake(ANN, 2_000_000e18);
        _stake(BOB, 2_000_000e18);
        _stake(KEEPER, 2_000_000e18);
        uint256 id = _propose(ANN);
        uint256 deadline = governor.proposalDeadline(id);
        _vote(ANN, id, ABSTAIN);
        eq(governor.proposalDeadline(id), deadline, "no quorum yet");
        vm.warp(deadline);
        vm.prank(BOB);
        governor.castVote(id, FOR);
        eq(governor.proposalDeadline(id), deadline + 2 days, "time to answer");
        vm.warp(deadline + 2 days);
        vm.prank(KEEPER);
        governor.castVote(id, AGAINST);
        vm.warp(deadline + 2 days + 1);
        _is(id, IGovernor.ProposalState.Defeated);
    }

    function test_NeitherTheGovernorNorTheTimelockIsVotedOn() public {
        _stake(ANN, 2_000_000e18);
        vm.warp(block.timestamp + 1);
        _refused(address(governor), abi.encodeCall(governor.setLateQuorumVoteExtension, (7 days)));
        _refused(address(governor), abi.encodeCall(governor.updateTimelock, (TimelockController(payable(ANN)))));
        _refused(
            address(timelock),
            abi.encodeWithSignature("grantRole(bytes32,address)", keccak256("PROPOSER_ROLE"), ANN)
        );
        _refused(address(timelock), abi.encodeCall(timelock.updateDelay, (0)));
    }

    function test_TheRulesAreFixedForTheTimelockToo() public {
        vm.expectRevert(IMintGovernor.RulesAreFixed.selector);
        vm.prank(address(timelock));
        governor.setLateQuorumVoteExtension(1 days);
        vm.expectRevert(IMintGovernor.RulesAreFixed.selector);
        vm.prank(address(timelock));
        governor.updateTimelock(timelock);
        eq(governor.lateQuorumVoteExtension(), 2 days, "extension");
        eq(governor.timelock(), address(timelock), "timelock");
    }

    function testFuzz_MajorityAndQuorum(uint256 inFavour, uint256 against, uint256 abstaining) public {
        inFavour %= 3_000_000e18;
        against %= 3_000_000e18;
        abstaining %= 3_000_000e18;
        bool passes = inFavour >= 2_000_000e18 && inFavour * 100 >= (inFavour + against) * 66;
        _decide(inFavour, against, abstaining, passes);
    }

    function test_StakeAfterTheSnapshotDoesNotVote() public {
        _stake(ANN, 2_000_000e18);
        uint256 id = _propose(ANN);
        vm.warp(governor.proposalSnapshot(id) + 1);
        _stake(BOB, 3_000_000e18);
        vm.prank(BOB);
        eq(governor.castVote(id, AGAINST), 0, "votes of a late stake");
    }

    function test_TokensLentForOneBlockDoNotVote() public {
        _stake(ANN, 2_000_000e18);
        uint256 id = _propose(ANN);
        vm.warp(governor.proposalSnapshot(id)); // the snapshot's own second
        _stake(LENDER, 5_000_000e18);
        vm.prank(LENDER);
        stakes.unstake(5_000_000e18);
        vm.warp(block.timestamp + 1);
        vm.prank(LENDER);
        eq(governor.castVote(id, AGAINST), 0, "votes of a flash stake");
        (uint256 amount, uint256 withdrawableAt) = stakes.coolingOf(LENDER);
        eq(amount, 5_000_000e18, "cooling");
        yes(
            withdrawableAt > governor.proposalDeadline(id) + 2 days,
            "the tokens are back only after the vote and its extension"
        );
        vm.expectRevert(abi.encodeWithSignature("CoolingDown(uint256)", withdrawableAt));
        vm.prank(LENDER);
        stakes.withdraw(LENDER);
    }

    function test_AQuorumThatComesLateGivesTwoMoreDays() public {
        _stake(ANN, 2_000_000e18);
        _stake(BOB, 3_000_000e18);
        uint256 id = _propose(ANN);
        uint256 deadline = governor.proposalDeadline(id);
        vm.warp(deadline);
        vm.prank(ANN);
        governor.castVote(id, FOR);
        eq(governor.proposalDeadline(id), deadline + 2 days, "extended");
        vm.warp(deadline + 2 days);
        vm.prank(BOB);
        governor.castVote(id, AGAINST);
        vm.warp(deadline + 2 days + 1);
        _is(id, IGovernor.ProposalState.Defeated);
    }

    function test_NothingIsProposedWhileTooLittleIsStaked() public {
        _stake(ANN, 2_000_000e18 - 1);
        vm.warp(block.timestamp + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMintGovernor.TotalStakeTooLow.selector, 2_000_000e18 - 1, 2_000_000e18)
        );
        this.propose(ANN);
        _stake(BOB, 1);
        vm.warp(block.timestamp + 1);
        this.propose(ANN);
    }

    function test_AProposerNeedsAStakeOfHisOwn() public {
        _stake(ANN, 2_000_000e18);
        _stake(BOB, 10_000e18 - 1);
        vm.warp(block.timestamp + 1);
        vm.expectPartialRevert(IGovernor.GovernorInsufficientProposerVotes.selector);
        this.propose(BOB);
        _stake(BOB, 1);
        vm.warp(block.timestamp + 1);
        this.propose(BOB);
    }

    function test_NobodyButTheTimelockSetsTheRatio() public {
        vm.expectRevert(abi.encodeWithSignature("AccessManagedUnauthorized(address)", address(governor)));
        vm.prank(address(governor));
        vault.setRatio(address(weth), 13_500);
        vm.prank(address(timelock));
        vault.setRatio(address(weth), 13_500);
    }

    /// @dev Called as a message, so that a revert is its own.
    function propose(address proposer) external returns (uint256 id) {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _calls();
        vm.prank(proposer);
        return governor.propose(targets, values, calls, "135 %");
    }

    /// @dev As the second of two calls, so that the first alone is not looked at.
    function _refused(address target, bytes memory call) private {
        address[] memory targets = new address[](2);
        (targets[0], targets[1]) = (address(vault), target);
        bytes[] memory calls = new bytes[](2);
        (calls[0], calls[1]) = (abi.encodeCall(ICollaterals.setRatio, (address(weth), 13_500)), call);
        vm.expectRevert(abi.encodeWithSelector(IMintGovernor.TargetNotGoverned.selector, target));
        vm.prank(ANN);
        governor.propose(targets, new uint256[](2), calls, "other rules");
    }

    function _decide(uint256 inFavour, uint256 against, uint256 abstaining, bool passes) private {
        setUp();
        address filler = address(0xf111); // so that enough is staked to propose at all
        _stake(filler, 1_000_000e18);
        _stake(ANN, inFavour);
        _stake(BOB, against);
        _stake(KEEPER, abstaining);
        uint256 total = 1_000_000e18 + inFavour + against + abstaining;
        if (total < 2_000_000e18) _stake(filler, 2_000_000e18 - total);
        uint256 id = _propose(filler);
        _vote(ANN, id, FOR);
        _vote(BOB, id, AGAINST);
        _vote(KEEPER, id, ABSTAIN);
        vm.warp(governor.proposalDeadline(id) + 1);
        _is(id, passes ? IGovernor.ProposalState.Succeeded : IGovernor.ProposalState.Defeated);
    }

    function _stake(address account, uint256 amount) private {
        if (amount == 0) return;
        yes(token.transfer(account, amount), "transfer");
        vm.prank(account);
        token.approve(address(stakes), amount);
        vm.prank(account);
        stakes.stake(amount);
    }

    function _propose(address proposer) private returns (uint256 id) {
        vm.warp(block.timestamp + 1);
        return this.propose(proposer);
    }

    function _vote(address account, uint256 id, uint8 support) private {
        if (block.timestamp <= governor.proposalSnapshot(id)) vm.warp(governor.proposalSnapshot(id) + 1);
        vm.prank(account);
        governor.castVote(id, support);
    }

    function _calls() private view returns (address[] memory targets, uint256[] memory values, bytes[] memory calls) {
        targets = new address[](1);
        targets[0] = address(vault);
        values = new uint256[](1);
        calls = new bytes[](1);
        calls[0] = abi.encodeCall(ICollaterals.setRatio, (address(weth), 13_500));
    }

    function _queue() private {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _calls();
        governor.queue(targets, values, calls, keccak256("135 %"));
    }

    function _execute() private {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _calls();
        governor.execute(targets, values, calls, keccak256("135 %"));
    }

    function _is(uint256 id, IGovernor.ProposalState wanted) private view {
        eq(uint256(governor.state(id)), uint256(wanted), "state");
    }
}
