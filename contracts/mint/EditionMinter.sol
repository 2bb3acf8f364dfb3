// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC1155Supply} from "@openzeppelin/contracts/token/ERC1155/extensions/ERC1155Supply.sol";
import {ERC2981} from "@openzeppelin/contracts/token/common/ERC2981.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {RestrictedRoyalty} from "./RestrictedRoyalty.sol";
import {VoucherRedeemer} from "./VoucherRedeemer.sol";
import {IEditionMinter} from "./interfaces/IEditionMinter.sol";
import {IVoucherRedeemer, Redemption, SkipReason} from "./interfaces/IVoucherRedeemer.sol";

/// @title ERC-1155 editions minted by voucher
/// @dev Each number is used up before its receiver is called, so re-entering can never mint it twice. The guard is there so
/// that a transaction has one outcome for each item: without it a receiver could redeem the rest of its own batch.
contract EditionMinter is ERC1155Supply, VoucherRedeemer, RestrictedRoyalty, ReentrancyGuardTransient, IEditionMinter {
    /// @inheritdoc IEditionMinter
    uint256 public constant RECEIVER_GAS = 250_000;

    /// @inheritdoc IEditionMinter
    string public name;

    /// @inheritdoc IEditionMinter
    string public symbol;

    /// @param initialAuthority The AccessManager.
    /// @param name_ The name of the collection.
    /// @param symbol_ The symbol of the collection.
    /// @param uri_ The template of all URIs, with {id} in it.
    constructor(
        address initialAuthority,
        string memory name_,
        string memory symbol_,
        string memory uri_
    ) ERC1155(uri_) VoucherRedeemer(initialAuthority) {
        name = name_;
        symbol = symbol_;
    }

    /// @inheritdoc IVoucherRedeemer
    function redeem(
        Redemption calldata redemption,
        bytes calldata signature
    ) public override(IVoucherRedeemer, VoucherRedeemer) nonReentrant {
        super.redeem(redemption, signature);
    }

    /// @inheritdoc IVoucherRedeemer
    function redeemMany(
        Redemption[] calldata redemptions,
        bytes[] calldata signatures,
        bool skip
    ) public override(IVoucherRedeemer, VoucherRedeemer) nonReentrant {
        super.redeemMany(redemptions, signatures, skip);
    }

    /// @inheritdoc IVoucherRedeemer
    function redeemBatch(
        Redemption[] calldata redemptions,
        bytes calldata signature,
        bool skip
    ) public override(IVoucherRedeemer, VoucherRedeemer) nonReentrant {
        super.redeemBatch(redemptions, signature, skip);
    }

    /// @inheritdoc IEditionMinter
    function settleForContract(Redemption calldata redemption) external {
        if (msg.sender != address(this)) revert OnlySelf(msg.sender);
        super._settle(redemption, true);
    }

    /// @inheritdoc IEditionMinter
    function setURI(string calldata template) external restricted {
        _setURI(template);
        emit URITemplateSet(template);
    }

    /// @inheritdoc IVoucherRedeemer
    /// @dev A quantity costs the same however large it is.
    function MAX_QUANTITY() public pure override(IVoucherRedeemer, VoucherRedeemer) returns (uint256) {
        return type(uint32).max;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(IERC165, ERC1155, ERC2981) returns (bool) {
        return ERC1155.supportsInterface(interfaceId) || ERC2981.supportsInterface(interfaceId);
    }

    /// @dev In skip mode a contract receiver is served in a frame of its own, so that one that refuses costs the others
    /// RECEIVER_GAS and nothing else. What a failing frame did, using up the number included, the EVM itself undoes.
    function _settle(Redemption calldata redemption, bool skip) internal override {
        if (!skip || redemption.to.code.length == 0) return super._settle(redemption, skip);
        // Checked out here, so that it reverts instead of passing for a refusal.
        _checkTerms(redemption.txCount, redemption.quantity, redemption.alignedSecond);
        // A call passes on at most 63/64 of the gas left, and silently less than asked for.
        uint256 needed = (RECEIVER_GAS * 64) / 63 + 5_000;
        if (gasleft() < needed) revert InsufficientGas(gasleft(), needed);
        try this.settleForContract{gas: RECEIVER_GAS}(redemption) {} catch {
            emit VoucherSkipped(redemption.txCount, SkipReason.ReceiverRefused);
        }
    }

    function _mintTokens(address to, uint256 quantity, bytes32 uriDigest) internal override returns (uint256 id) {
        id = uint256(uriDigest);
        _mint(to, id, quantity, "");
    }
}
