// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title The vote over mintd's parameters, beyond OpenZeppelin's IGovernor
/// @notice Whoever staked before the vote's snapshot decides. A proposal passes with MAJORITY_BPS of the votes for and
/// against, and QUORUM for or abstaining, after a week; the timelock then holds it for its delay, and executes it.
interface IMintGovernor {
    /// @notice Less than `needed` is staked in all, so that no vote could reach its quorum.
    error TotalStakeTooLow(uint256 staked, uint256 needed);

    /// @notice Of the votes for and against, how many must be for, in hundredths of a percent.
    function MAJORITY_BPS() external view returns (uint256);

    /// @notice Votes for and abstaining that a proposal needs, in the stake's smallest units. As every vote is staked at the
    /// snapshot, as much must be staked then.
    function QUORUM() external view returns (uint256);
}
