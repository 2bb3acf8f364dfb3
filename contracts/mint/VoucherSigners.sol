// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IVoucherSigners} from "./interfaces/IVoucherSigners.sol";

/// @title The set of voucher signers and the check of their signatures
/// @dev The set is kept here, not read from the AccessManager: see docs/decisions/0010-signer-set-in-the-minter.md.
abstract contract VoucherSigners is IVoucherSigners, AccessManaged {
    mapping(address account => bool) private _signers;

    constructor(address initialAuthority) AccessManaged(initialAuthority) {
        // A wrong authority could never be corrected.
        if (initialAuthority.code.length == 0) revert AccessManagedInvalidAuthority(initialAuthority);
    }

    /// @inheritdoc IVoucherSigners
    function grantSigner(address signer) external restricted {
        // Recovery reports failure as zero.
        if (signer == address(0)) revert InvalidSigner(signer);
        _signers[signer] = true;
        emit SignerGranted(signer);
    }

    /// @inheritdoc IVoucherSigners
    function revokeSigner(address signer) external restricted {
        _signers[signer] = false;
        emit SignerRevoked(signer);
    }

    /// @inheritdoc IVoucherSigners
    function isSigner(address account) public view returns (bool) {
        return _signers[account];
    }

    /// @dev Reverts unless `signature` is one that a signer made over `digest`. The length decides about the form, so an
    /// account's signature costs no look at the account's code. The only call that leaves is a STATICCALL to a
    /// contract in the set: nothing can be changed from within it.
    function _checkSignature(bytes32 digest, bytes calldata signature) internal view {
        bool ecdsa = signature.length == 65 || signature.length == 64;
        address signer;
        if (ecdsa) {
            (uint8 v, bytes32 r, bytes32 s) = ECDSA.parseCalldata(signature);
            (signer, , ) = ECDSA.tryRecover(digest, v, r, s);
        } else {
            if (signature.length < 20) revert InvalidSignatureLength(signature.length);
            signer = address(bytes20(signature));
        }
        if (!isSigner(signer)) revert InvalidSigner(signer);
        if (!ecdsa && !SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature[20:])) {
            revert InvalidSigner(signer);
        }
    }
}
