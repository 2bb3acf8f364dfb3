// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @title What most teams deploy: whoever may call it mints, and nothing on chain knows that a call is a repetition
/// @dev For the benchmark alone; open to everybody.
contract PlainMinter is ERC721("plain", "P") {
    uint256 private _count;

    /// @notice `id` is the caller's own name of the mint.
    event Minted(bytes32 indexed id, uint256 tokenId);

    /// @notice Mints one token.
    function mint(address to, bytes32 id) external {
        uint256 tokenId = ++_count;
        _mint(to, tokenId);
        emit Minted(id, tokenId);
    }
}
