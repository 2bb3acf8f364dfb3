// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

/// @notice A contract that takes editions, in the manner it is told, and remembers who brought them.
contract Receiver {
    enum Manner {
        Accept,
        Refuse,
        WrongAnswer,
        NoAnswer,
        BurnGas,
        ReturnBomb,
        ReEnter
    }

    error NoThankYou();

    Manner private _manner;
    bytes private _payload;

    address public operator;
    uint256 public calls;

    /// @notice What the call from within the callback returned with, for Manner.ReEnter.
    bool public reEntered;
    bytes public answer;

    function behave(Manner manner, bytes calldata payload) external {
        _manner = manner;
        _payload = payload;
    }

    function onERC1155Received(address operator_, address, uint256, uint256, bytes calldata) external returns (bytes4) {
        operator = operator_;
        ++calls;
        if (_manner == Manner.Refuse) revert NoThankYou();
        if (_manner == Manner.WrongAnswer) return 0xdeadbeef;
        if (_manner == Manner.NoAnswer) {
            assembly {
                return(0, 0)
            }
        }
        if (_manner == Manner.BurnGas) {
            while (true) {}
        }
        if (_manner == Manner.ReturnBomb) {
            assembly {
                revert(0, 1000000)
            }
        }
        // solhint-disable-next-line avoid-low-level-calls
        if (_manner == Manner.ReEnter) (reEntered, answer) = msg.sender.call(_payload);
        return IERC1155Receiver.onERC1155Received.selector;
    }
}
