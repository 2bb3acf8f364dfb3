// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {EditionMinter} from "../../contracts/mint/EditionMinter.sol";
import {VoucherMinter} from "../../contracts/mint/VoucherMinter.sol";
import {VoucherRedeemer} from "../../contracts/mint/VoucherRedeemer.sol";
import {Redemption} from "../../contracts/mint/interfaces/IVoucherRedeemer.sol";
import {MintTest} from "./MintTest.sol";
import {Receiver} from "./mocks/Receivers.sol";
import {vm} from "./Vm.sol";

/// @notice Redeems, repeats, expires, batches, cancels and lets time pass, over few enough numbers that they collide; and keeps
/// its own account of what must have come of it. Every call is counted and logged.
contract MintHandler is MintTest {
    event Called(string what, uint256 txCount, bool success);

    uint64 public constant NUMBERS = 280;

    VoucherRedeemer public immutable minter;
    address public immutable receiver;

    /// @notice Tokens minted by each number, and how often it minted, as seen from outside.
    mapping(uint64 txCount => uint256 tokens) public minted;
    mapping(uint64 txCount => uint256 times) public mints;
    mapping(uint64 txCount => bool) public cancelled;
    uint256 public total;
    mapping(string what => uint256) public calls;

    uint64 private _clock = NOW;

    constructor(VoucherRedeemer minter_, address receiver_) {
        minter = minter_;
        receiver = receiver_;
    }

    function redeem(uint64 txCount, uint32 quantity, uint64 age) external {
        Redemption memory item = _any(txCount, quantity, age);
        uint256 before = _supply();
        bool success;
        try minter.redeem(item, _sign(minter, item)) {
            success = true;
        } catch {}
        _account("redeem", item, _supply() - before);
        yes(success == (_supply() > before), "a success mints, a failure does not");
    }

    function redeemBatch(uint64 first, uint256 count, uint64 age, bool skip, bool each) external {
        count = (count % 12) + 1;
        Redemption[] memory items = new Redemption[](count);
        bool[] memory wasUsed = new bool[](count);
        for (uint64 i = 0; i < count; ++i) {
            // Every third is of another age, some numbers repeat, and some go to a contract.
            items[i] = _any((first % NUMBERS) + (i / 2) * 2, uint32(i), i % 3 == 0 ? age : 0);
            if (i % 4 == 1) items[i].to = receiver;
            wasUsed[i] = minter.redeemed(items[i].txCount);
        }
        uint256 before = _supply();
        bool success;
        if (each) {
            try minter.redeemMany(items, _signEach(minter, items), skip) {
                success = true;
            } catch {}
        } else {
            try minter.redeemBatch(items, _signBatch(minter, items), skip) {
                success = true;
            } catch {}
        }
        uint256 expected;
        for (uint256 i = 0; i < count; ++i) {
            bool repeated;
            for (uint256 j = 0; j < i; ++j) {
                if (items[j].txCount == items[i].txCount && _alive(items[j])) repeated = true;
            }
            bool mintable = success && !wasUsed[i] && !repeated && _alive(items[i]);
            if (mintable) expected += items[i].quantity;
            _account(skip ? "redeemBatch, skip" : "redeemBatch", items[i], mintable ? items[i].quantity : 0);
        }
        if (skip) yes(success, "skip mode loses nobody");
        eq(_supply() - before, success ? expected : 0, "exactly what was alive and unused");
    }

    function cancel(uint64 txCount) external {
        txCount %= NUMBERS;
        if (!minter.redeemed(txCount)) cancelled[txCount] = true;
        minter.cancel(txCount >> 8, uint256(1) << (txCount & 0xff));
        _log("cancel", txCount, true);
    }

    function wait(uint64 howLong) external {
        _clock += howLong % 200;
        vm.warp(_clock);
        _log("wait", 0, true);
    }

    function _any(uint64 txCount, uint32 quantity, uint64 age) private view returns (Redemption memory item) {
        item = _item(txCount % NUMBERS);
        item.to = _owner(txCount % 5);
        item.quantity = (quantity % 4) + 1;
        item.alignedSecond = _clock - (age % 400); // one in four is expired
    }

    function _alive(Redemption memory item) private view returns (bool) {
        return _clock <= item.alignedSecond + 300;
    }

    function _account(string memory what, Redemption memory item, uint256 tokens) private {
        if (tokens > 0) {
            minted[item.txCount] += tokens;
            ++mints[item.txCount];
            total += tokens;
        }
        _log(what, item.txCount, tokens > 0);
    }

    function _log(string memory what, uint256 txCount, bool success) private {
        ++calls[what];
        emit Called(what, txCount, success);
    }

    function _supply() private view returns (uint256) {
        return VoucherMinter(address(minter)).totalSupply(); // the ERC-1155 minter's has the same name
    }
}

abstract contract MintInvariants is MintTest {
    MintHandler internal handler;
    VoucherRedeemer internal minter;

    function _deploy() internal virtual returns (VoucherRedeemer);

    function setUp() public {
        _start();
        minter = _deploy();
        handler = new MintHandler(minter, address(new Receiver()));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = minter.cancel.selector;
        manager.setTargetFunctionRole(address(minter), selectors, 1);
        manager.grantRole(1, address(handler), 0);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_EachNumberMintsAtMostOnce() public view {
        for (uint64 n = 0; n < handler.NUMBERS(); ++n) {
            yes(handler.mints(n) <= 1, "minted at most once");
            yes(minter.redeemed(n) == (handler.mints(n) == 1 || handler.cancelled(n)), "used if minted or cancelled");
        }
    }

    function invariant_TheSupplyIsTheSumOfWhatWasRedeemed() public view {
        eq(VoucherMinter(address(minter)).totalSupply(), handler.total(), "supply");
    }

    function invariant_BalancesAddUpToTheSupply() public view {
        uint256 sum = _balance(handler.receiver());
        for (uint256 i = 0; i < 5; ++i) sum += _balance(_owner(i));
        eq(sum, handler.total(), "balances");
    }

    function _balance(address owner) internal view virtual returns (uint256);
}

contract VoucherMinterInvariantsTest is MintInvariants {
    function _deploy() internal override returns (VoucherRedeemer) {
        return _voucherMinter();
    }

    function _balance(address owner) internal view override returns (uint256) {
        return VoucherMinter(address(minter)).balanceOf(owner);
    }
}

contract EditionMinterInvariantsTest is MintInvariants {
    function _deploy() internal override returns (VoucherRedeemer) {
        return _editionMinter();
    }

    function _balance(address owner) internal view override returns (uint256) {
        return EditionMinter(address(minter)).balanceOf(owner, uint256(keccak256("uri")));
    }
}
