// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {CollateralVault} from "../../contracts/vault/CollateralVault.sol";
import {CollateralTerms} from "../../contracts/vault/interfaces/ICollaterals.sol";
import {ICastToken} from "../../contracts/vault/interfaces/ICastToken.sol";
import {SettableFeed} from "./mocks/SettableFeed.sol";
import {OddToken} from "./mocks/Tokens.sol";
import {VaultTest} from "./VaultTest.sol";
import {Assert, vm} from "./Vm.sol";

/// @notice Four accounts deposit, mint, pay each other, repay, withdraw and liquidate on two collaterals, while prices move,
/// fees run, ratios and pauses change. Checks each call against what was before it. Every call is counted and logged.
contract VaultHandler is Assert {
    event Called(string what, uint256 a, uint256 b, bool success);

    struct Seen {
        uint256 amount;
        uint256 debt;
        uint256 pool;
        uint256 supply;
        bool covered;
    }

    CollateralVault public immutable vault;
    ICastToken public immutable cast;
    SettableFeed public immutable feed;
    OddToken[2] private _tokens;
    address[4] private _accounts = [address(0xa11), address(0xb0b), address(0xca1), address(0xda7)];
    uint64[2] public prices = [uint64(2_000e8), uint64(1e8)];
    uint40[2] public pricedAt;
    uint256 private _clock;

    /// @notice What was given and taken of each collateral, as seen from outside.
    mapping(uint256 which => uint256) public deposited;
    mapping(uint256 which => uint256) public taken;
    uint256 public lossD18;
    uint256 public calls;
    uint256 public successes;

    constructor(CollateralVault vault_, SettableFeed feed_, OddToken first, OddToken second) {
        (vault, cast, feed) = (vault_, vault_.cast(), feed_);
        _tokens = [first, second];
        _clock = block.timestamp;
        pricedAt = [uint40(_clock), uint40(_clock)];
    }

    function deposit(uint256 who, uint256 which, uint256 amount) external {
        (address account, OddToken token) = (_accounts[who % 4], _tokens[which % 2]);
        amount = 1 + (amount % _worthOf(which % 2, 30_000));
        token.give(account, amount);
        vm.prank(account);
        token.approve(address(vault), amount);
        vm.prank(account);
        vault.deposit(address(token), account, amount); // never refused: not for a price, not for a pause
        deposited[which % 2] += amount;
        _log("deposit", which % 2, amount, true);
    }

    function mint(uint256 who, uint256 which, uint256 amountD18) external {
        address account = _accounts[who % 4];
        address token = address(_tokens[which % 2]);
        amountD18 = 1 + (amountD18 % 12_000e18);
        Seen memory before = _see(account, which % 2);
        vm.prank(account);
        try vault.mintCast(token, amountD18, account) {
            Seen memory now_ = _see(account, which % 2);
            yes(_fresh(which % 2) && !vault.paused(token), "only on a fresh price and unpaused");
            yes(_coveredAt(now_, which % 2, vault.termsOf(token).ratioBps), "only when covered");
            yes(now_.debt >= 100e18, "never below the floor");
            yes(now_.debt >= before.debt + amountD18, "owes what it got");
            yes(now_.debt <= before.debt + amountD18 + 1e9, "and no more, up to a share's price");
            eq(now_.supply, before.supply + amountD18, "supply");
            _log("mint", which % 2, amountD18, true);
        } catch {
            _same(before, account, which % 2);
            _log("mint", which % 2, amountD18, false);
        }
    }

    function repay(uint256 who, uint256 whose, uint256 which, uint256 amountD18) external {
        address payer = _accounts[who % 4];
        address account = _accounts[whose % 4];
        amountD18 = 1 + (amountD18 % 12_000e18);
        if (amountD18 > cast.balanceOf(payer)) amountD18 = cast.balanceOf(payer);
        if (amountD18 == 0) return _log("repay", which % 2, 0, false);
        Seen memory before = _see(account, which % 2);
        vm.prank(payer);
        uint256 repaid = vault.repay(address(_tokens[which % 2]), account, amountD18); // never refused
        Seen memory now_ = _see(account, which % 2);
        yes(repaid == amountD18 || (now_.debt == 0 && repaid == before.debt), "as much as wanted, or all of it");
        yes(now_.debt + repaid >= before.debt, "not for free");
        yes(now_.debt <= before.debt, "never more debt");
        eq(now_.supply, before.supply - repaid, "burned");
        _log("repay", which % 2, amountD18, true);
    }

    function withdraw(uint256 who, uint256 which, uint256 amount) external {
        address account = _accounts[who % 4];
        OddToken token = _tokens[which % 2];
        Seen memory before = _see(account, which % 2);
        if (before.amount == 0) return _log("withdraw", which % 2, 0, false);
        amount = 1 + (amount % before.amount);
        vm.prank(account);
        try vault.withdraw(address(token), amount, account) {
            Seen memory now_ = _see(account, which % 2);
            taken[which % 2] += amount;
            eq(now_.amount, before.amount - amount, "amount");
            eq(now_.debt, before.debt, "debt");
            bool covered = _coveredAt(now_, which % 2, vault.termsOf(address(token)).ratioBps);
            yes(now_.debt == 0 || (covered && _fresh(which % 2) && !vault.paused(address(token))), "only what is free");
            _log("withdraw", which % 2, amount, true);
        } catch {
            yes(before.debt > 0, "without debt nothing holds it");
            _same(before, account, which % 2);
            _log("withdraw", which % 2, amount, false);
        }
    }

    function liquidate(uint256 who, uint256 whose, uint256 which, uint256 maxD18) external {
        address account = _accounts[whose % 4];
        address keeper = _accounts[who % 4];
        which %= 2;
        Seen memory before = _see(account, which);
        uint256 kept = _tokens[which].balanceOf(keeper);
        maxD18 = 1 + (maxD18 % 24_000e18);
        vm.prank(keeper);
        try vault.liquidate(address(_tokens[which]), account, maxD18) returns (uint256 repaid, uint256 seized) {
            Seen memory now_ = _see(account, which);
            no(before.covered, "never a healthy one");
            yes(_fresh(which) && !vault.paused(address(_tokens[which])), "only on a fresh price and unpaused");
            yes(repaid <= maxD18 && repaid <= before.debt, "no more than wanted");
            yes(seized * prices[which] <= ((repaid * 11) / 10 + 1) * 1e8 + prices[which], "no more than the bonus");
            eq(_tokens[which].balanceOf(keeper) - kept, seized, "seized");
            eq(now_.amount, before.amount - seized, "amount");
            eq(now_.supply, before.supply - repaid, "burned");
            yes(now_.debt == 0 || now_.debt >= 100e18, "no dust");
            if (now_.debt + repaid < before.debt) {
                yes(now_.amount == 0, "a loss only when nothing is left");
                no(_coveredAt(before, which, 10_000), "nor where the collateral is worth the debt");
                lossD18 += before.debt - repaid;
            }
            taken[which] += seized;
            _log("liquidate", which, maxD18, true);
        } catch {
            _same(before, account, which);
            _log("liquidate", which, maxD18, false);
        }
    }

    function pay(uint256 who, uint256 whom, uint256 amountD18) external {
        uint256 balance = cast.balanceOf(_accounts[who % 4]);
        if (balance > 0) amountD18 %= balance + 1;
        else amountD18 = 0;
        vm.prank(_accounts[who % 4]);
        cast.transfer(_accounts[whom % 4], amountD18);
        _log("pay", who % 4, amountD18, true);
    }

    /// @dev Mostly by a few percents, at times to half or double.
    function movePrice(uint256 which, uint256 by) external {
        which %= 2;
        uint256 percent = by % 8 == 0 ? 50 + ((by / 8) % 151) : 90 + ((by / 8) % 21);
        uint256 moved = (prices[which] * percent) / 100;
        uint256 base = which == 0 ? 2_000e8 : 1e8;
        if (moved < base / 20 || moved > base * 20) moved = base;
        (prices[which], pricedAt[which]) = (uint64(moved), uint40(_clock));
        feed.set(uint64(which + 1), prices[which], pricedAt[which]);
        _log("movePrice", which, moved, true);
    }

    function wait(uint256 howLong) external {
        uint256[2] memory debts = [vault.debtOf(address(_tokens[0])), vault.debtOf(address(_tokens[1]))];
        _clock += howLong % 5 == 0 ? howLong % 30 days : howLong % 1_000;
        vm.warp(_clock);
        for (uint256 i = 0; i < 2; ++i) yes(vault.debtOf(address(_tokens[i])) >= debts[i], "time lowers no debt");
        _log("wait", howLong, 0, true);
    }

    /// @dev The governor's part: the handler has its roles.
    function govern(uint256 which, uint256 what) external {
        address token = address(_tokens[which % 2]);
        if (what % 4 == 0) vault.setRatio(token, uint16(12_000 + ((what / 4) % 8_000)));
        else if (what % 4 == 1) vault.setCharges(token, 1_000, uint16((what / 4) % 2_000));
        else if (what % 4 == 2) _pause(token);
        if (what % 4 != 2) vault.unpause(token);
        _log("govern", which % 2, what, true);
    }

    function collectFees() external {
        int256 surplus = vault.surplus();
        try vault.collectFees(address(0xfee)) returns (uint256 amountD18) {
            yes(surplus > 0 && amountD18 == uint256(surplus), "the surplus");
            yes(vault.surplus() == 0, "all of it");
            _log("collectFees", amountD18, 0, true);
        } catch {
            yes(surplus <= 0, "nothing to collect");
            _log("collectFees", 0, 0, false);
        }
    }

    function tokenAt(uint256 which) external view returns (OddToken) {
        return _tokens[which];
    }

    function accountAt(uint256 i) external view returns (address) {
        return _accounts[i];
    }

    function _pause(address token) private {
        uint256 ended = vault.pausedUntil(token);
        try vault.pause(token) {
            yes(_clock >= ended + 3 days, "as long after the last as that lasted");
            eq(vault.pausedUntil(token), _clock + 3 days, "until");
        } catch {
            yes(_clock < ended + 3 days, "refused for no other reason");
        }
    }

    function _see(address account_, uint256 which) private view returns (Seen memory seen) {
        address token_ = address(_tokens[which]);
        (seen.amount, seen.debt) = vault.positionOf(token_, account_);
        seen.pool = vault.debtOf(token_);
        seen.supply = cast.totalSupply();
        seen.covered = _coveredAt(seen, which, vault.liquidationRatioBps(token_));
    }

    function _same(Seen memory before, address account_, uint256 which) private view {
        Seen memory now_ = _see(account_, which);
        eq(keccak256(abi.encode(now_)), keccak256(abi.encode(before)), "a refusal changes nothing");
    }

    /// @dev Reckoned on its own, with the handler's own price: all tokens here have 18 decimals.
    function _coveredAt(Seen memory seen, uint256 which, uint256 ratioBps) private view returns (bool) {
        return (seen.amount * prices[which]) * 10_000 >= seen.debt * 1e8 * ratioBps;
    }

    function _fresh(uint256 which) private view returns (bool) {
        return _clock <= pricedAt[which] + 3_600;
    }

    function _worthOf(uint256 which, uint256 value) private view returns (uint256) {
        return (value * 1e26) / prices[which];
    }

    function _log(string memory what, uint256 a, uint256 b, bool success) private {
        ++calls;
        if (success) ++successes;
        emit Called(what, a, b, success);
    }
}

contract VaultInvariantsTest is VaultTest {
    VaultHandler internal handler;

    function setUp() public {
        _start();
        OddToken other = new OddToken(18);
        CollateralTerms memory terms = _terms(ETH);
        terms.feeBpsPerYear = 500;
        terms.ceilingCast = 100_000;
        vault.addCollateral(address(other), terms);
        handler = new VaultHandler(vault, feed, other, coin);
        manager.grantRole(manager.ADMIN_ROLE(), address(handler), 0);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_TheDebtsOfAllAddUpToAtLeastThePool() public view {
        for (uint256 which = 0; which < 2; ++which) {
            address token = address(handler.tokenAt(which));
            uint256 debts;
            for (uint256 i = 0; i < 4; ++i) {
                (, uint256 debtD18) = vault.positionOf(token, handler.accountAt(i));
                debts += debtD18;
            }
            yes(debts >= vault.debtOf(token), "at least");
            yes(debts <= vault.debtOf(token) + 5, "and a unit each at most");
        }
    }

    function invariant_TheVaultHoldsWhatThePositionsHold() public view {
        for (uint256 which = 0; which < 2; ++which) {
            OddToken token = handler.tokenAt(which);
            uint256 amounts;
            for (uint256 i = 0; i < 4; ++i) {
                (uint256 amount, ) = vault.positionOf(address(token), handler.accountAt(i));
                amounts += amount;
            }
            eq(amounts, token.balanceOf(address(vault)), "held");
            eq(amounts, handler.deposited(which) - handler.taken(which), "in less out");
        }
    }

    /// @dev A token without a debt behind it comes from a loss that met no other debtor, or from rounding: never from nothing.
    function invariant_NoTokenWithoutADebtOrALoss() public view {
        yes(vault.surplus() + int256(handler.lossD18()) + int256(handler.calls() * 10) >= 0, "backed");
    }

    function invariant_TheTokensAreWhereTheyWerePaid() public view {
        uint256 sum = cast.balanceOf(address(0xfee));
        for (uint256 i = 0; i < 4; ++i) sum += cast.balanceOf(handler.accountAt(i));
        eq(sum, cast.totalSupply(), "balances");
    }
}
