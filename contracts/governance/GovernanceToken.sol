// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title The token that is staked to vote
/// @notice All of it exists from the first block on; nobody can mint more.
contract GovernanceToken is ERC20, ERC20Permit {
    /// @notice 10 million, with 18 decimals.
    uint256 public constant TOTAL = 10_000_000e18;

    /// @param holder Whom all of it is given to at first.
    constructor(address holder) ERC20("mintd governance", "MINTG") ERC20Permit("mintd governance") {
        _mint(holder, TOTAL);
    }
}
