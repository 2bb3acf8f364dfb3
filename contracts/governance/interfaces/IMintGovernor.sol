// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title The vote over mintd's parameters, beyond OpenZeppelin's IGovernor
/// @notice Whoever staked before the vote's snapshot decides. A proposal passes with MAJORITY_BPS of the votes for and
/// against, and QUORUM for it, after a week; the timelock then holds it for its delay, and executes it. Abstaining is on record and
/// counts for nothing. Neither the governor nor the timelock can be the target of a proposal.
interface IMintGovernor {
    /// @notice Less than `needed` is staked in all, so that no vote could reach its quorum.
    error TotalStakeTooLow(uint256 staked, uint256 needed);

    /// @notice The target is the governor or its timelock: how a majority is formed is not voted on.
    error TargetNotGoverned(address target);

    /// @notice OpenZeppelin's setters of a governor's rules do nothing here, whoever calls them.
    error RulesAreFixed();

    /// @notice Of the votes for and against, how many must be for, in hundredths of a percent.
    function MAJORITY_BPS() external view returns (uint256);

    /// @notice Votes for it that a proposal needs, in the stake's smallest units. As every vote is staked at the
    /// snapshot, as much must be staked then.
    function QUORUM() external view returns (uint256);
}
