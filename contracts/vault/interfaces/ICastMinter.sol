// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IVoucherRedeemer, Redemption} from "../../mint/interfaces/IVoucherRedeemer.sol";
import {ICollateralVault} from "./ICollateralVault.sol";

/// @title Cast tokens minted by voucher
/// @notice A voucher mints `quantity` hundredths of a cast token to `to`, on the position of `to` in the collateral whose
/// address, in lower case with 0x, is the voucher's URI. The account decides how much may be minted in its name
/// (`ICollateralVault.approveMinter`); the voucher's number decides that it is minted once.
///
/// In skip mode each item is served in a call frame of its own: a position that does not cover it, a price that is too old
/// or an allowance that is used up leaves it out as ReceiverRefused, with its number still unused. A collateral that nobody
/// named or that the vault does not take reverts all of it: the signer is at fault.
interface ICastMinter is IVoucherRedeemer {
    /// @notice The collateral can be minted against: vouchers name it by `uriDigest`.
    event CollateralNamed(address indexed collateral, bytes32 uriDigest);

    /// @notice No collateral has this name. Call `nameCollateral` first.
    error CollateralUnnamed(bytes32 uriDigest);

    /// @notice The vault has no code.
    error NoCode(address vault);

    /// @notice Not enough gas is left to give the next item what it is due.
    error InsufficientGas(uint256 left, uint256 needed);

    /// @notice Only this contract may call the function.
    error OnlySelf(address caller);

    /// @notice Lets vouchers name the collateral, by the digest of its address in lower case. Anybody may call it: a name
    /// stands for one address, and the vault knows which it takes.
    function nameCollateral(address collateral) external returns (bytes32 uriDigest);

    /// @notice A part of skip mode; only this contract may call it.
    function settleItem(Redemption calldata redemption) external;

    /// @notice The collateral that a voucher's `uriDigest` names; zero if none.
    function collateralNamed(bytes32 uriDigest) external view returns (address);

    function vault() external view returns (ICollateralVault);

    /// @notice Cast tokens, with 18 decimals, of one unit of a voucher's quantity.
    function UNIT_D18() external view returns (uint256);

    /// @notice The gas for one item in skip mode.
    function ITEM_GAS() external view returns (uint256);
}
