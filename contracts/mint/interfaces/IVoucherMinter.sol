// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IRestrictedRoyalty} from "./IRestrictedRoyalty.sol";
import {IVoucherRedeemer} from "./IVoucherRedeemer.sol";

/// @title ERC-721 tokens minted by voucher
/// @notice Ids are sequential from 1. tokenURI(id) is the base URI followed by the id in decimal, and empty while the base URI
/// is. The `uriDigest` of the voucher is what the metadata can be checked against: it is signed, and it is in the calldata of
/// the transaction whose Minted event covers the id. It is not stored: that would cost 22,100 gas a mint.
///
/// Minting calls nobody: a contract that receives a token is not asked (as with ERC-721's plain mint).
interface IVoucherMinter is IVoucherRedeemer, IRestrictedRoyalty {
    /// @notice Replaces the base URI. Restricted. Emits ERC-4906's BatchMetadataUpdate for all ids.
    function setBaseURI(string calldata baseURI) external;

    /// @notice The base URI.
    function baseURI() external view returns (string memory);
}
