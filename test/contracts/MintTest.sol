// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {EditionMinter} from "../../contracts/mint/EditionMinter.sol";
import {VoucherMinter} from "../../contracts/mint/VoucherMinter.sol";
import {IVoucherRedeemer, Redemption} from "../../contracts/mint/interfaces/IVoucherRedeemer.sol";
import {Assert, vm} from "./Vm.sol";

/// @notice A clock, a signer, an AccessManager whose admin is the test, and vouchers signed as docs/contracts.md says:
/// hashes are computed here from the type strings, not with the contracts' library.
abstract contract MintTest is Assert {
    uint64 internal constant NOW = 1_900_000_000;
    uint256 internal constant SIGNER_KEY = 0x516e;
    uint256 internal constant STRANGER_KEY = 0x57a4;

    bytes32 private constant VOUCHER = keccak256(
        "Voucher(address to,uint32 quantity,bytes32 hybridNonce,bytes32 orderId,bytes32 uriDigest)"
    );
    bytes32 private constant BATCH = keccak256(
        "VoucherBatch(Voucher[] vouchers)Voucher(address to,uint32 quantity,bytes32 hybridNonce,bytes32 orderId,bytes32 uriDigest)"
    );

    AccessManager internal manager;
    address internal signer = vm.addr(SIGNER_KEY);

    function _start() internal {
        vm.warp(NOW);
        manager = new AccessManager(address(this));
    }

    function _voucherMinter() internal returns (VoucherMinter minter) {
        minter = new VoucherMinter(address(manager), "Drop", "DROP", "ipfs://base/");
        minter.grantSigner(signer);
    }

    function _editionMinter() internal returns (EditionMinter minter) {
        minter = new EditionMinter(address(manager), "Editions", "ED", "ipfs://base/{id}");
        minter.grantSigner(signer);
    }

    function _owner(uint256 i) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("owner", i)))));
    }

    /// @dev One token of the edition "uri" to an owner of its own, issued now.
    function _item(uint64 txCount) internal pure returns (Redemption memory) {
        return
            Redemption({
                to: _owner(txCount),
                quantity: 1,
                txCount: txCount,
                alignedSecond: NOW,
                orderId: keccak256(abi.encode("order", txCount)),
                uriDigest: keccak256("uri")
            });
    }

    function _items(uint64 first, uint256 count) internal pure returns (Redemption[] memory items) {
        items = new Redemption[](count);
        for (uint64 i = 0; i < count; ++i) items[i] = _item(first + i);
    }

    function _domain(address minter) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    keccak256("mintd"),
                    keccak256("1"),
                    block.chainid,
                    minter
                )
            );
    }

    function _voucherHash(Redemption memory item) internal pure returns (bytes32) {
        bytes32 hybridNonce = keccak256(abi.encodePacked(uint256(item.txCount), item.alignedSecond));
        return keccak256(abi.encode(VOUCHER, item.to, item.quantity, hybridNonce, item.orderId, item.uriDigest));
    }

    function _batchHash(Redemption[] memory items) internal pure returns (bytes32) {
        bytes memory hashes;
        for (uint256 i = 0; i < items.length; ++i) hashes = bytes.concat(hashes, _voucherHash(items[i]));
        return keccak256(abi.encode(BATCH, keccak256(hashes)));
    }

    function _digest(IVoucherRedeemer minter, Redemption memory item) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", _domain(address(minter)), _voucherHash(item)));
    }

    function _sign(IVoucherRedeemer minter, Redemption memory item) internal view returns (bytes memory) {
        return _signature(SIGNER_KEY, _digest(minter, item));
    }

    function _signEach(IVoucherRedeemer minter, Redemption[] memory items) internal view returns (bytes[] memory all) {
        all = new bytes[](items.length);
        for (uint256 i = 0; i < items.length; ++i) all[i] = _sign(minter, items[i]);
    }

    function _signBatch(IVoucherRedeemer minter, Redemption[] memory items) internal view returns (bytes memory) {
        return
            _signature(SIGNER_KEY, keccak256(abi.encodePacked(hex"1901", _domain(address(minter)), _batchHash(items))));
    }

    function _signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _compact(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255));
    }

    function _highS(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        return abi.encodePacked(r, order - uint256(s), v == 27 ? uint8(28) : uint8(27));
    }
}
