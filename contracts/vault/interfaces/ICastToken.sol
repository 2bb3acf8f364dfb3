// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title The token that is minted against collateral, 18 decimals
/// @notice Only its vault mints and burns, for ever: there is no role, owner or vote that could let anybody else.
interface ICastToken is IERC20Metadata, IERC20Permit {
    /// @notice `caller` is not the vault.
    error OnlyVault(address caller);

    /// @notice The vault to be is zero: nobody could ever mint.
    error InvalidVault(address vault);

    /// @notice Mints. Only the vault.
    function mint(address to, uint256 amountD18) external;

    /// @notice Burns tokens of `from` without an allowance. Only the vault, which burns its caller's alone.
    function burn(address from, uint256 amountD18) external;

    /// @notice The one address that mints and burns.
    function vault() external view returns (address);
}
