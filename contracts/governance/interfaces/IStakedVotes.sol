// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC5805} from "@openzeppelin/contracts/interfaces/IERC5805.sol";

/// @title Votes for those who stake
/// @notice A staked token is a vote from then on. It stops being one when it is unstaked, and can be had back only
/// `COOLDOWN_SECONDS` later: nobody votes with tokens that are lent for a block. Timepoints are seconds. Tokens that are
/// transferred here instead of staked are nobody's, and stay here for good.
interface IStakedVotes is IERC5805 {
    /// @notice `account` staked `amount`, and has `total` at stake.
    event Staked(address indexed account, uint256 amount, uint256 total);

    /// @notice `amount` of `account` votes no longer; all it has unstaked can be withdrawn from `withdrawableAt` on.
    event Unstaked(address indexed account, uint256 amount, uint256 withdrawableAt);

    /// @notice `amount` of `account` was paid to `to`.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice No amount was given, or there is nothing to withdraw.
    error ZeroAmount();

    /// @notice The token has no code.
    error NoCode(address token);

    /// @notice The token moved `received` where it was told to move `amount`.
    error TransferMismatch(uint256 received, uint256 amount);

    /// @notice The account has only `staked`.
    error InsufficientStake(uint256 staked, uint256 amount);

    /// @notice Nobody could get the tokens back from `to`: zero, this contract, or the token.
    error InvalidReceiver(address to);

    /// @notice What was unstaked can be withdrawn at `withdrawableAt`, in seconds, and not before.
    error CoolingDown(uint256 withdrawableAt);

    /// @notice Stakes the caller's tokens. Its votes are its own unless it delegates them.
    /// @param amount In the token's smallest units.
    function stake(uint256 amount) external;

    /// @notice Takes votes back at once; the tokens follow by `withdraw`. What was unstaked before and not yet withdrawn
    /// waits anew.
    function unstake(uint256 amount) external;

    /// @notice Pays all that the caller has unstaked to `to`, which must not be zero, this contract or the token.
    function withdraw(address to) external;

    /// @notice What the account has at stake.
    function stakeOf(address account) external view returns (uint256);

    /// @notice What the account has unstaked and not withdrawn, and from which second on it may withdraw it.
    function coolingOf(address account) external view returns (uint256 amount, uint256 withdrawableAt);

    /// @notice The token that is staked.
    function token() external view returns (IERC20);

    /// @notice How long unstaked tokens wait: longer than a vote lasts with its extension.
    function COOLDOWN_SECONDS() external view returns (uint48);
}
