// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that anybody mints, with any number of decimals, which can take a fee or call back when it moves.
contract OddToken is ERC20("Odd", "ODD") {
    uint8 private immutable _decimals;
    uint256 public fee;
    address public calledBack;
    bytes public callback;
    bool public callbackSucceeded;
    bytes public callbackAnswer;

    constructor(uint8 decimals_) {
        _decimals = decimals_;
    }

    function give(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setFee(uint256 fee_) external {
        fee = fee_;
    }

    function setCallback(address to, bytes calldata data) external {
        calledBack = to;
        callback = data;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (fee > 0 && from != address(0) && to != address(0)) super._update(to, address(0), fee);
        // solhint-disable-next-line avoid-low-level-calls
        if (calledBack != address(0)) (callbackSucceeded, callbackAnswer) = calledBack.call(callback);
    }
}

/// @notice Moves, but answers nothing, as USDT does.
contract SilentToken {
    mapping(address account => uint256) public balanceOf;
    mapping(address account => mapping(address spender => uint256)) public allowance;

    function give(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }

    function decimals() external pure returns (uint8) {
        return 6;
    }
}

/// @notice Answers false instead of moving.
contract RefusingToken {
    function transferFrom(address, address, uint256) external pure returns (bool) {
        return false;
    }

    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }

    function decimals() external pure returns (uint8) {
        return 18;
    }
}

/// @notice Takes ether and calls somebody back, or refuses it.
contract EtherTaker {
    error No();

    address private _target;
    bytes private _data;
    bool public refuses;
    bool public callbackSucceeded;
    bytes public callbackAnswer;

    // solhint-disable-next-line no-complex-fallback
    receive() external payable {
        if (refuses) revert No();
        // solhint-disable-next-line avoid-low-level-calls
        if (_target != address(0)) (callbackSucceeded, callbackAnswer) = _target.call(_data);
    }

    function refuse() external {
        refuses = true;
    }

    function setCallback(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }
}
