// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {HybridNonce} from "../../../contracts/mint/HybridNonce.sol";
import {VoucherHash} from "../../../contracts/mint/VoucherHash.sol";
import {Redemption} from "../../../contracts/mint/interfaces/IVoucherRedeemer.sol";

/// @title What the minters hash, for domains other than their own: held against test/vectors
contract Hashes {
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );

    function hybridNonces(
        uint256[] calldata txCounts,
        uint64[] calldata seconds_
    ) external pure returns (bytes32[] memory nonces) {
        nonces = new bytes32[](txCounts.length);
        for (uint256 i = 0; i < txCounts.length; ++i) nonces[i] = HybridNonce.ofSecond(txCounts[i], seconds_[i]);
    }

    function voucherDigest(uint256 chainId, address minter, Redemption calldata r) external pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_separator(chainId, minter), VoucherHash.ofVoucher(r));
    }

    /// @notice Many vouchers' digests, each for the domain at its place.
    function voucherDigests(
        uint256[] calldata chainIds,
        address[] calldata minters,
        Redemption[] calldata rs
    ) external pure returns (bytes32[] memory digests) {
        digests = new bytes32[](rs.length);
        for (uint256 i = 0; i < rs.length; ++i) {
            digests[i] = MessageHashUtils.toTypedDataHash(
                _separator(chainIds[i], minters[i]),
                VoucherHash.ofVoucher(rs[i])
            );
        }
    }

    function batchDigest(uint256 chainId, address minter, Redemption[] calldata rs) external pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_separator(chainId, minter), VoucherHash.ofBatch(rs));
    }

    function _separator(uint256 chainId, address minter) private pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("mintd"), keccak256("1"), chainId, minter));
    }
}
