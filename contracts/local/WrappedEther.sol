// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IWETH} from "../vault/interfaces/IWETH.sol";

/// @title Wrapped ether for chains that have none: local ones. Elsewhere the chain's own is used.
/// @dev Whoever unwraps gets the 2,300 gas that come with value and no more, as from WETH9: what works here works there.
contract WrappedEther is ERC20("Wrapped Ether", "WETH"), IWETH {
    /// @notice The receiver did not take its ether.
    error NotPaid();

    /// @inheritdoc IWETH
    function deposit() external payable {
        _mint(msg.sender, msg.value);
    }

    /// @inheritdoc IWETH
    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        (bool paid, ) = msg.sender.call{value: amount, gas: 0}("");
        if (!paid) revert NotPaid();
    }
}
