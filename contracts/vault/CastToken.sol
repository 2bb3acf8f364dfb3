// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ICastToken} from "./interfaces/ICastToken.sol";

/// @title The cast token
/// @dev The vault is immutable instead of a role of the AccessManager: see docs/decisions/0031-vault.md.
contract CastToken is ERC20, ERC20Permit, ICastToken {
    /// @inheritdoc ICastToken
    address public immutable vault;

    modifier onlyVault() {
        if (msg.sender != vault) revert OnlyVault(msg.sender);
        _;
    }

    /// @param name_ The name, which is also that of the permit's EIP-712 domain (version "1").
    /// @param symbol_ The symbol.
    /// @param vault_ The one address that may mint and burn.
    constructor(string memory name_, string memory symbol_, address vault_) ERC20(name_, symbol_) ERC20Permit(name_) {
        if (vault_ == address(0)) revert InvalidVault(vault_);
        vault = vault_;
    }

    /// @inheritdoc ICastToken
    function mint(address to, uint256 amountD18) external onlyVault {
        _mint(to, amountD18);
    }

    /// @inheritdoc ICastToken
    function burn(address from, uint256 amountD18) external onlyVault {
        _burn(from, amountD18);
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(ERC20Permit, IERC20Permit) returns (uint256) {
        return super.nonces(owner);
    }
}
