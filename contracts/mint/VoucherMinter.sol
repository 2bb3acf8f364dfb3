// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {ERC2981} from "@openzeppelin/contracts/token/common/ERC2981.sol";
import {ERC721A} from "erc721a/contracts/ERC721A.sol";
import {RestrictedRoyalty} from "./RestrictedRoyalty.sol";
import {VoucherRedeemer} from "./VoucherRedeemer.sol";
import {IVoucherRedeemer} from "./interfaces/IVoucherRedeemer.sol";
import {IVoucherMinter} from "./interfaces/IVoucherMinter.sol";

/// @title ERC-721 tokens minted by voucher
contract VoucherMinter is ERC721A, VoucherRedeemer, RestrictedRoyalty, IVoucherMinter {
    /// @dev ERC721A finds an owner by walking back to the first token of its mint, 2,100 gas a step. A large quantity is
    /// therefore minted in runs of this length: no transfer walks further. Costs 45 gas a token.
    uint256 private constant RUN = 512;

    /// @dev ERC-4906, which has no functions of its own to compute an interface id from.
    bytes4 private constant ERC4906_INTERFACE_ID = 0x49064906;

    string private _base;

    /// @param initialAuthority The AccessManager.
    /// @param name_ The name of the collection.
    /// @param symbol_ The symbol of the collection.
    /// @param baseURI_ What tokenURI puts before the id; may be empty.
    constructor(
        address initialAuthority,
        string memory name_,
        string memory symbol_,
        string memory baseURI_
    ) ERC721A(name_, symbol_) VoucherRedeemer(initialAuthority) {
        _base = baseURI_;
    }

    /// @inheritdoc IVoucherMinter
    function setBaseURI(string calldata newBaseURI) external restricted {
        _base = newBaseURI;
        emit IERC4906.BatchMetadataUpdate(_startTokenId(), type(uint256).max);
    }

    /// @inheritdoc IVoucherMinter
    function baseURI() external view returns (string memory) {
        return _base;
    }

    /// @inheritdoc IVoucherRedeemer
    /// @dev 8,192 tokens cost 16.2 million gas, below the 2^24 = 16,777,216 that one transaction may use (EIP-7825).
    function MAX_QUANTITY() public pure override(IVoucherRedeemer, VoucherRedeemer) returns (uint256) {
        return 8192;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(IERC165, ERC721A, ERC2981) returns (bool) {
        return
            interfaceId == ERC4906_INTERFACE_ID ||
            ERC721A.supportsInterface(interfaceId) ||
            ERC2981.supportsInterface(interfaceId);
    }

    function _mintTokens(address to, uint256 quantity, bytes32) internal override returns (uint256 firstTokenId) {
        firstTokenId = _nextTokenId();
        for (; quantity > RUN; quantity -= RUN) _mint(to, RUN);
        _mint(to, quantity);
    }

    function _startTokenId() internal pure override returns (uint256) {
        return 1;
    }

    function _baseURI() internal view override returns (string memory) {
        return _base;
    }
}
