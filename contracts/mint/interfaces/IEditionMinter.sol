// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IRestrictedRoyalty} from "./IRestrictedRoyalty.sol";
import {Redemption, IVoucherRedeemer} from "./IVoucherRedeemer.sol";

/// @title ERC-1155 editions minted by voucher
/// @notice The id of an edition is uint256(uriDigest), so the id is the commitment to its metadata; uri(id) is one template in
/// which clients put the id, as 64 hexadecimal digits, for {id}.
///
/// A contract that receives tokens is asked (onERC1155Received). In `redeem` and without skip mode its refusal reverts
/// everything. In skip mode each contract receiver is served in a call frame of its own with RECEIVER_GAS: if it refuses,
/// wastes gas or answers nonsense, that frame is undone, the item is left out as ReceiverRefused with its number still
/// unused, and the others are minted. The `operator` it sees is then this contract instead of the submitter.
///
/// Nothing can be redeemed from within a receiver's callback.
interface IEditionMinter is IVoucherRedeemer, IRestrictedRoyalty {
    /// @notice The template of all URIs was replaced.
    event URITemplateSet(string template);

    /// @notice Not enough gas is left to give the next contract receiver what it is due. Without this check a
    /// submitter could make honest receivers fail by sending too little.
    error InsufficientGas(uint256 left, uint256 needed);

    /// @notice Only this contract may call the function.
    error OnlySelf(address caller);

    /// @notice Replaces the URI template. Restricted. No ERC-1155 URI event is emitted: it exists for one id only.
    function setURI(string calldata template) external;

    /// @notice A part of skip mode; only this contract may call it.
    function settleForContract(Redemption calldata redemption) external;

    /// @notice The name of the collection; ERC-1155 does not ask for it, explorers and marketplaces do.
    function name() external view returns (string memory);

    /// @notice The symbol of the collection.
    function symbol() external view returns (string memory);

    /// @notice The gas for one contract receiver in skip mode, minting included.
    function RECEIVER_GAS() external view returns (uint256);
}
