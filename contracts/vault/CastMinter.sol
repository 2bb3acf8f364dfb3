// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IVoucherRedeemer, Redemption, SkipReason} from "../mint/interfaces/IVoucherRedeemer.sol";
import {VoucherRedeemer} from "../mint/VoucherRedeemer.sol";
import {ICastMinter} from "./interfaces/ICastMinter.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";

/// @title Cast tokens minted by voucher
contract CastMinter is VoucherRedeemer, ICastMinter {
    /// @inheritdoc ICastMinter
    uint256 public constant UNIT_D18 = 1e16;

    /// @inheritdoc ICastMinter
    uint256 public constant ITEM_GAS = 250_000;

    /// @inheritdoc ICastMinter
    ICollateralVault public immutable vault;

    /// @inheritdoc ICastMinter
    mapping(bytes32 uriDigest => address collateral) public collateralNamed;

    /// @param initialAuthority The AccessManager.
    /// @param vault_ Where the positions are.
    constructor(address initialAuthority, ICollateralVault vault_) VoucherRedeemer(initialAuthority) {
        if (address(vault_).code.length == 0) revert NoCode(address(vault_));
        vault = vault_;
    }

    /// @inheritdoc ICastMinter
    function nameCollateral(address collateral) external returns (bytes32 uriDigest) {
        uriDigest = keccak256(bytes(Strings.toHexString(collateral)));
        collateralNamed[uriDigest] = collateral;
        emit CollateralNamed(collateral, uriDigest);
    }

    /// @inheritdoc ICastMinter
    function settleItem(Redemption calldata redemption) external {
        if (msg.sender != address(this)) revert OnlySelf(msg.sender);
        super._settle(redemption, true);
    }

    /// @inheritdoc IVoucherRedeemer
    /// @dev About 43 million cast tokens.
    function MAX_QUANTITY() public pure override(IVoucherRedeemer, VoucherRedeemer) returns (uint256) {
        return type(uint32).max;
    }

    /// @dev In skip mode each item has a frame of its own, so that a position that is not covered costs the others ITEM_GAS
    /// at most and nothing else. What a failing frame did, using up the number included, the EVM itself undoes.
    function _settle(Redemption calldata redemption, bool skip) internal override {
        if (!skip) return super._settle(redemption, false);
        // Checked out here, so that it reverts instead of passing for a refusal.
        _checkTerms(redemption.txCount, redemption.quantity, redemption.alignedSecond);
        address collateral = _named(redemption.uriDigest);
        // A call passes on at most 63/64 of the gas left, and silently less than asked for.
        uint256 needed = (ITEM_GAS * 64) / 63 + 10_000;
        if (gasleft() < needed) revert InsufficientGas(gasleft(), needed);
        try this.settleItem{gas: ITEM_GAS}(redemption) {} catch {
            vault.paused(collateral); // reverts if the vault does not take the collateral, which is the signer's fault as well
            emit VoucherSkipped(redemption.txCount, SkipReason.ReceiverRefused);
        }
    }

    /// @return firstTokenId 0: cast tokens have no ids.
    function _mintTokens(
        address to,
        uint256 quantity,
        bytes32 uriDigest
    ) internal override returns (uint256 firstTokenId) {
        vault.mintCastFor(_named(uriDigest), to, quantity * UNIT_D18);
        return 0;
    }

    function _named(bytes32 uriDigest) private view returns (address collateral) {
        collateral = collateralNamed[uriDigest];
        if (collateral == address(0)) revert CollateralUnnamed(uriDigest);
    }
}
