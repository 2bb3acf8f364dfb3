// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {IMintGovernor} from "./interfaces/IMintGovernor.sol";
import {StakedVotes} from "./StakedVotes.sol";

/// @title The vote over ratios, sources and circuits
/// @dev Its rules are constants, and neither it nor the timelock can be voted on: a majority can change what it governs, never how
/// it is formed.
contract MintGovernor is
    IMintGovernor,
    Governor,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorPreventLateQuorum,
    GovernorTimelockControl
{
    /// @inheritdoc IMintGovernor
    uint256 public constant MAJORITY_BPS = 6_600;

    /// @inheritdoc IMintGovernor
    uint256 public constant QUORUM = 2_000_000e18;

    uint256 private constant BPS = 10_000;
    uint256 private constant PROPOSER_STAKE = 10_000e18;
    uint256 private constant DELAY_SECONDS = 1 days;
    uint256 private constant PERIOD_SECONDS = 7 days;
    uint48 private constant EXTENSION_SECONDS = 2 days;

    /// @param stakes The stakes that vote.
    /// @param timelock_ Holds what has passed, and has the roles of the AccessManager.
    constructor(
        StakedVotes stakes,
        TimelockController timelock_
    )
        Governor("MintGovernor")
        GovernorVotes(IVotes(address(stakes)))
        GovernorPreventLateQuorum(EXTENSION_SECONDS)
        GovernorTimelockControl(timelock_)
    {}

    /// @dev Seconds between a proposal and its snapshot, so that those who see it can still stake, or unstake, for it.
    function votingDelay() public pure override returns (uint256) {
        return DELAY_SECONDS;
    }

    /// @dev Seconds.
    function votingPeriod() public pure override returns (uint256) {
        return PERIOD_SECONDS;
    }

    function proposalThreshold() public pure override returns (uint256) {
        return PROPOSER_STAKE;
    }

    function quorum(uint256) public pure override returns (uint256) {
        return QUORUM;
    }

    /// @inheritdoc IGovernor
    // solhint-disable-next-line func-name-mixedcase
    function COUNTING_MODE() public pure override(IGovernor, GovernorCountingSimple) returns (string memory) {
        return "support=bravo&quorum=for";
    }

    /// @dev What the timelock could still be made to call must not change the rules either.
    function setLateQuorumVoteExtension(uint48) public pure override {
        revert RulesAreFixed();
    }

    /// @dev As above.
    function updateTimelock(TimelockController) public pure override {
        revert RulesAreFixed();
    }

    function state(uint256 proposalId) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
        return super.state(proposalId);
    }

    function proposalNeedsQueuing(
        uint256 proposalId
    ) public view override(Governor, GovernorTimelockControl) returns (bool) {
        return super.proposalNeedsQueuing(proposalId);
    }

    function proposalDeadline(
        uint256 proposalId
    ) public view override(Governor, GovernorPreventLateQuorum) returns (uint256) {
        return super.proposalDeadline(proposalId);
    }

    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override returns (uint256) {
        uint256 staked = StakedVotes(address(token())).getPastTotalSupply(clock() - 1);
        if (staked < QUORUM) revert TotalStakeTooLow(staked, QUORUM);
        for (uint256 i = 0; i < targets.length; ++i) {
            if (targets[i] == address(this) || targets[i] == timelock()) revert TargetNotGoverned(targets[i]);
        }
        return super._propose(targets, values, calldatas, description, proposer);
    }

    function _voteSucceeded(
        uint256 proposalId
    ) internal view override(Governor, GovernorCountingSimple) returns (bool) {
        (uint256 against, uint256 inFavour, ) = proposalVotes(proposalId);
        return inFavour * BPS >= (inFavour + against) * MAJORITY_BPS;
    }

    /// @dev By votes for it alone. If others counted, the quorum could be reached early with abstentions and no late vote would
    /// extend anything any more: who needs the quorum must show what he has while there is time to answer.
    function _quorumReached(
        uint256 proposalId
    ) internal view override(Governor, GovernorCountingSimple) returns (bool) {
        (, uint256 inFavour, ) = proposalVotes(proposalId);
        return inFavour >= quorum(proposalSnapshot(proposalId));
    }

    function _tallyUpdated(uint256 proposalId) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(proposalId);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}
