// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";
import {IStakedVotes} from "./interfaces/IStakedVotes.sol";

/// @title Stake that votes
/// @dev What an account has is counted here, never read from a balance: a gift votes for nobody.
contract StakedVotes is IStakedVotes, Votes, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev One storage slot.
    struct Cooling {
        uint208 amount;
        uint48 withdrawableAt;
    }

    /// @inheritdoc IStakedVotes
    uint48 public constant COOLDOWN_SECONDS = 14 days;

    /// @inheritdoc IStakedVotes
    IERC20 public immutable token;

    mapping(address account => uint256) private _stakes;
    mapping(address account => Cooling) private _cooling;

    /// @param token_ The token to be staked. One that takes fees or rebases must not be chosen.
    constructor(IERC20 token_) EIP712("mintd stake", "1") {
        if (address(token_).code.length == 0) revert NoCode(address(token_));
        token = token_;
    }

    /// @inheritdoc IStakedVotes
    function stake(uint256 amount) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert TransferMismatch(received, amount);
        uint256 total = _stakes[msg.sender] + amount;
        _stakes[msg.sender] = total;
        emit Staked(msg.sender, amount, total);
        _transferVotingUnits(address(0), msg.sender, amount);
    }

    /// @inheritdoc IStakedVotes
    function unstake(uint256 amount) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        uint256 staked = _stakes[msg.sender];
        if (staked < amount) revert InsufficientStake(staked, amount);
        unchecked {
            _stakes[msg.sender] = staked - amount;
        }
        Cooling storage cooling = _cooling[msg.sender];
        cooling.amount = SafeCast.toUint208(cooling.amount + amount);
        cooling.withdrawableAt = clock() + COOLDOWN_SECONDS;
        emit Unstaked(msg.sender, amount, cooling.withdrawableAt);
        _transferVotingUnits(msg.sender, address(0), amount);
    }

    /// @inheritdoc IStakedVotes
    function withdraw(address to) external nonReentrant {
        // Nobody could ever get them out of these again.
        if (to == address(0) || to == address(this) || to == address(token)) revert InvalidReceiver(to);
        Cooling memory cooling = _cooling[msg.sender];
        if (cooling.amount == 0) revert ZeroAmount();
        if (clock() < cooling.withdrawableAt) revert CoolingDown(cooling.withdrawableAt);
        delete _cooling[msg.sender];
        emit Withdrawn(msg.sender, to, cooling.amount);
        token.safeTransfer(to, cooling.amount);
    }

    /// @inheritdoc IStakedVotes
    function stakeOf(address account) external view returns (uint256) {
        return _stakes[account];
    }

    /// @inheritdoc IStakedVotes
    function coolingOf(address account) external view returns (uint256 amount, uint256 withdrawableAt) {
        Cooling memory cooling = _cooling[account];
        return (cooling.amount, cooling.withdrawableAt);
    }

    /// @inheritdoc IERC6372
    function clock() public view override(IERC6372, Votes) returns (uint48) {
        return Time.timestamp();
    }

    /// @inheritdoc IERC6372
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override(IERC6372, Votes) returns (string memory) {
        return "mode=timestamp";
    }

    /// @dev Who never delegated votes himself.
    function delegates(address account) public view override(IVotes, Votes) returns (address) {
        address chosen = super.delegates(account);
        return chosen == address(0) ? account : chosen;
    }

    /// @dev To delegate to zero is to vote oneself again; the votes follow what `delegates` says.
    function _delegate(address account, address delegatee) internal override {
        super._delegate(account, delegatee == address(0) ? account : delegatee);
    }

    function _getVotingUnits(address account) internal view override returns (uint256) {
        return _stakes[account];
    }
}
