// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {BlockHashes} from "../../../contracts/price/BlockHashes.sol";
import {Assert, vm} from "../Vm.sol";

contract BlockHashesTest is Assert {
    address private constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    uint256 private constant HEIGHT = 1_000_000;

    /// @dev The contract that EIP-2935 puts at HISTORY.
    bytes private constant HISTORY_CODE =
        hex"3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff8143"
        hex"0311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";

    function setUp() public {
        vm.etch(HISTORY, HISTORY_CODE);
        vm.roll(HEIGHT);
    }

    function test_Find_AsksTheOpcodeUpTo256BlocksBack() public {
        for (uint256 age = 1; age <= 256; ++age) {
            uint256 number = HEIGHT - age;
            vm.setBlockhash(number, _opcodeHash(number));
            _remember(number);
            eq(BlockHashes.find(number), _opcodeHash(number), "opcode");
        }
    }

    function test_Find_AsksTheHistoryContractFrom257To300BlocksBack() public {
        for (uint256 age = 257; age <= 300; ++age) {
            _remember(HEIGHT - age);
            eq(BlockHashes.find(HEIGHT - age), _historyHash(HEIGHT - age), "history");
        }
    }

    function test_Find_GivesNothingBeyond300Blocks() public {
        for (uint256 age = 301; age <= 310; ++age) {
            _remember(HEIGHT - age);
            eq(BlockHashes.find(HEIGHT - age), 0, "too old");
        }
    }

    function test_Find_GivesNothingForThePresentAndTheFuture() public {
        for (uint256 ahead = 0; ahead <= 300; ++ahead) {
            _remember(HEIGHT + ahead);
            eq(BlockHashes.find(HEIGHT + ahead), 0, "not mined");
        }
        eq(BlockHashes.find(type(uint256).max), 0, "never");
    }

    function test_Find_KnowsTheGenesisBlockFor300Blocks() public {
        _remember(0);
        vm.roll(0);
        eq(BlockHashes.find(0), 0, "present");
        for (uint256 height = 1; height <= 256; height += 51) {
            vm.roll(height);
            vm.setBlockhash(0, _opcodeHash(0));
            eq(BlockHashes.find(0), _opcodeHash(0), "opcode");
        }
        vm.roll(257);
        eq(BlockHashes.find(0), _historyHash(0), "257");
        vm.roll(300);
        eq(BlockHashes.find(0), _historyHash(0), "300");
        vm.roll(301);
        eq(BlockHashes.find(0), 0, "301");
    }

    function test_Find_GivesNothingWhereTheHistoryHasAHole() public view {
        eq(BlockHashes.find(HEIGHT - 257), 0, "hole");
    }

    function test_Find_GivesNothingWhereThereIsNoHistoryContract() public {
        vm.etch(HISTORY, "");
        _remember(HEIGHT - 257);
        eq(BlockHashes.find(HEIGHT - 257), 0, "no code");
    }

    function test_Find_DoesNotTakeRevertDataForAHash() public {
        vm.etch(HISTORY, hex"60015f5260205ffd"); // reverts with the word 1, as a stub does
        eq(BlockHashes.find(HEIGHT - 257), 0, "revert data");
    }

    function test_Find_BelievesOneWordOnly() public {
        for (uint256 size = 0; size <= 96; ++size) {
            // Returns the first `size` bytes of a memory that begins with the word 1.
            vm.etch(HISTORY, abi.encodePacked(hex"60015f5260", uint8(size), hex"5ff3"));
            eq(BlockHashes.find(HEIGHT - 257), bytes32(size == 32 ? uint256(1) : 0), "size");
        }
    }

    function testFuzz_Find_GivesAHashOnlyFor1To300BlocksBack(uint256 height, uint256 number) public {
        height %= 2 ** 40;
        if (number & 1 == 0) number = height - (((number >> 1) % 320) % (height + 1)); // as likely near as far
        vm.roll(height);
        vm.etch(HISTORY, hex"60015f5260205ff3"); // always answers 1
        bool within = number < height && height - number <= 300;
        bool found = BlockHashes.find(number) != 0;
        if (!within) no(found, "outside");
        else if (height - number > 256) yes(found, "inside");
    }

    function _remember(uint256 number) private {
        vm.store(HISTORY, bytes32(number % 8191), _historyHash(number));
    }

    function _opcodeHash(uint256 number) private pure returns (bytes32) {
        return keccak256(abi.encode("opcode", number));
    }

    function _historyHash(uint256 number) private pure returns (bytes32) {
        return keccak256(abi.encode("history", number));
    }
}
