// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IVoucherRedeemer, Redemption} from "../../../contracts/mint/interfaces/IVoucherRedeemer.sol";

/// @notice A contract that signs what its owner signed.
contract Wallet is IERC1271 {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address recovered, , ) = ECDSA.tryRecoverCalldata(hash, signature);
        return recovered == _owner ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @notice A contract signer that does what it should not.
contract HostileWallet {
    enum Manner {
        Revert,
        Truncate,
        ShiftedMagic,
        BurnGas,
        ReEnter
    }

    error Never();

    Manner private immutable _manner;

    constructor(Manner manner) {
        _manner = manner;
    }

    // solhint-disable-next-line payable-fallback, no-complex-fallback
    fallback(bytes calldata input) external returns (bytes memory) {
        if (_manner == Manner.Revert) revert Never();
        if (_manner == Manner.Truncate) return abi.encodePacked(IERC1271.isValidSignature.selector);
        if (_manner == Manner.ShiftedMagic) return abi.encode(uint256(uint32(IERC1271.isValidSignature.selector)));
        if (_manner == Manner.BurnGas) {
            while (true) {}
        }
        // The signature holds a voucher that an account signed: redeem it on the way. Not possible: this is a STATICCALL.
        (, bytes memory inner) = abi.decode(input[4:], (bytes32, bytes));
        (Redemption memory item, bytes memory signature) = abi.decode(inner, (Redemption, bytes));
        IVoucherRedeemer(msg.sender).redeem(item, signature);
        return abi.encode(IERC1271.isValidSignature.selector);
    }
}
