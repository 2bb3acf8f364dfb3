// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IWETH} from "../../../contracts/vault/interfaces/IWETH.sol";

/// @notice Wrapped ether that gives whoever unwraps no more than the 2,300 gas that come with value, as WETH9 does.
contract StingyWeth is ERC20("Stingy Wrapped Ether", "WETH"), IWETH {
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
