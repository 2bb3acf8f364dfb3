// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IPriceFeed} from "../price/interfaces/IPriceFeed.sol";
import {IProvenPrices, PriceReport} from "../price/interfaces/IProvenPrices.sol";
import {CastToken} from "./CastToken.sol";
import {Collaterals} from "./Collaterals.sol";
import {Cover} from "./Cover.sol";
import {DebtPool} from "./DebtPool.sol";
import {ICastToken} from "./interfaces/ICastToken.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IWETH} from "./interfaces/IWETH.sol";

/// @title Positions: collateral in, cast tokens out
/// @dev What a position holds is counted here, never read from a balance: a gift to the vault changes nothing.
contract CollateralVault is ICollateralVault, Collaterals, ReentrancyGuardTransient {
    using DebtPool for DebtPool.Pool;
    using SafeERC20 for IERC20;

    /// @dev One storage slot.
    struct Position {
        uint128 amount;
        uint112 shares;
    }

    uint256 private constant CAST_UNIT = 1e18;

    /// @inheritdoc ICollateralVault
    ICastToken public immutable cast;

    /// @inheritdoc ICollateralVault
    IPriceFeed public immutable feed;

    /// @inheritdoc ICollateralVault
    IWETH public immutable weth;

    /// @inheritdoc ICollateralVault
    mapping(address account => mapping(address minter => uint256)) public mintAllowance;

    mapping(address collateral => mapping(address account => Position)) private _positions;

    /// @param initialAuthority The AccessManager.
    /// @param feed_ Where prices are read.
    /// @param weth_ Wrapped ether; it becomes a collateral by `addCollateral` like any other.
    /// @param name The name of the cast token, which this constructor deploys.
    /// @param symbol The symbol of the cast token.
    constructor(
        address initialAuthority,
        address feed_,
        address weth_,
        string memory name,
        string memory symbol
    ) Collaterals(initialAuthority) {
        if (feed_.code.length == 0) revert NoCode(feed_);
        if (weth_.code.length == 0) revert NoCode(weth_);
        cast = new CastToken(name, symbol, address(this));
        feed = IPriceFeed(feed_);
        weth = IWETH(weth_);
    }

    receive() external payable {
        if (msg.sender != address(weth)) revert OnlyWETH(msg.sender);
    }

    /// @inheritdoc ICollateralVault
    function deposit(address collateral, address account, uint256 amount) external nonReentrant {
        _credit(collateral, account, amount);
        IERC20 token = IERC20(collateral);
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert TransferMismatch(collateral, received, amount);
    }

    /// @inheritdoc ICollateralVault
    function depositETH(address account) external payable nonReentrant {
        _credit(address(weth), account, msg.value);
        weth.deposit{value: msg.value}();
    }

    /// @inheritdoc ICollateralVault
    function mintCast(address collateral, uint256 amountD18, address to) external nonReentrant {
        Collateral memory c = _collateral(collateral);
        _mintCast(collateral, c, msg.sender, amountD18, to, _price(c));
    }

    /// @inheritdoc ICollateralVault
    function mintCastWithProof(
        address collateral,
        uint256 amountD18,
        address to,
        uint256[8] calldata proof,
        PriceReport calldata report
    ) external nonReentrant {
        Collateral memory c = _collateral(collateral);
        (uint64 price, uint40 timestamp) = IProvenPrices(address(feed)).provenPrice(
            c.assetId,
            msg.sender,
            proof,
            report
        );
        _mintCast(collateral, c, msg.sender, amountD18, to, _fresh(c, price, timestamp));
    }

    /// @inheritdoc ICollateralVault
    function approveMinter(address minter, uint256 allowanceD18) external {
        mintAllowance[msg.sender][minter] = allowanceD18;
        emit MinterApproved(msg.sender, minter, allowanceD18);
    }

    /// @inheritdoc ICollateralVault
    function mintCastFor(address collateral, address account, uint256 amountD18) external nonReentrant {
        uint256 allowanceD18 = mintAllowance[account][msg.sender];
        if (allowanceD18 < amountD18) {
            revert InsufficientMintAllowance(account, msg.sender, allowanceD18, amountD18);
        }
        if (allowanceD18 != type(uint256).max) mintAllowance[account][msg.sender] = allowanceD18 - amountD18;
        Collateral memory c = _collateral(collateral);
        _mintCast(collateral, c, account, amountD18, account, _price(c));
    }

    /// @inheritdoc ICollateralVault
    function repay(
        address collateral,
        address account,
        uint256 maxAmountD18
    ) external nonReentrant returns (uint256 repaidD18) {
        if (maxAmountD18 == 0) revert ZeroAmount();
        DebtPool.Pool memory pool = _accrued(collateral, _collateral(collateral));
        uint112 held = _positions[collateral][account].shares;
        uint112 shares;
        (repaidD18, shares) = pool.repay(held, maxAmountD18);
        _store(collateral, pool);
        _positions[collateral][account].shares = held - shares;
        emit Repaid(collateral, account, msg.sender, repaidD18, pool.toAssetsUp(held - shares));
        cast.burn(msg.sender, repaidD18);
    }

    /// @inheritdoc ICollateralVault
    function withdraw(address collateral, uint256 amount, address to) external nonReentrant {
        _debit(collateral, amount, to);
        IERC20(collateral).safeTransfer(to, amount);
    }

    /// @inheritdoc ICollateralVault
    function withdrawETH(uint256 amount, address to) external nonReentrant {
        _debit(address(weth), amount, to);
        weth.withdraw(amount);
        (bool taken, ) = to.call{value: amount}("");
        if (!taken) revert EtherRefused(to, amount);
    }

    /// @inheritdoc ICollateralVault
    function liquidate(
        address collateral,
        address account,
        uint256 maxRepayD18
    ) external nonReentrant returns (uint256 repaidD18, uint256 seized) {
        if (maxRepayD18 == 0) revert ZeroAmount();
        Collateral memory c = _collateral(collateral);
        _requireUnpaused(collateral, c);
        DebtPool.Pool memory pool = _accrued(collateral, c);
        Position memory position = _positions[collateral][account];
        uint256 lossD18;
        (repaidD18, seized, lossD18) = _seize(collateral, c, account, position, pool, maxRepayD18);
        if (position.shares > 0) _requireFloor(collateral, c, pool.toAssetsUp(position.shares));
        _store(collateral, pool);
        _positions[collateral][account] = position;
        emit Liquidated(collateral, account, msg.sender, repaidD18, seized, lossD18);
        cast.burn(msg.sender, repaidD18);
        // A part may be too small to buy a unit, and some tokens refuse to move none.
        if (seized > 0) IERC20(collateral).safeTransfer(msg.sender, seized);
    }

    /// @inheritdoc ICollateralVault
    function collectFees(address to) external restricted nonReentrant returns (uint256 amountD18) {
        _requireReceiver(to);
        int256 surplusD18 = surplus();
        if (surplusD18 <= 0) revert NothingToCollect(surplusD18);
        amountD18 = uint256(surplusD18);
        emit FeesCollected(to, amountD18);
        cast.mint(to, amountD18);
    }

    /// @inheritdoc ICollateralVault
    function positionOf(address collateral, address account) external view returns (uint256 amount, uint256 debtD18) {
        Position memory position = _positions[collateral][account];
        return (position.amount, _accrued(collateral, _collateral(collateral)).toAssetsUp(position.shares));
    }

    /// @inheritdoc ICollateralVault
    function debtOf(address collateral) public view returns (uint256 debtD18) {
        return _accrued(collateral, _collateral(collateral)).owedDown();
    }

    /// @inheritdoc ICollateralVault
    function surplus() public view returns (int256 surplusD18) {
        surplusD18 = -SafeCast.toInt256(cast.totalSupply());
        address[] memory all = collaterals();
        for (uint256 i = 0; i < all.length; ++i) surplusD18 += int256(debtOf(all[i]));
    }

    /// @dev Takes debt and collateral of `account` out of `pool` and `position`, in memory.
    function _seize(
        address collateral,
        Collateral memory c,
        address account,
        Position memory position,
        DebtPool.Pool memory pool,
        uint256 maxRepayD18
    ) private view returns (uint256 repaidD18, uint256 seized, uint256 lossD18) {
        uint256 price = _price(c);
        uint256 debtD18 = pool.toAssetsUp(position.shares);
        if (Cover.covers(position.amount, debtD18, price, _liquidationRatioBps(collateral, c), c.decimals)) {
            revert PositionHealthy(collateral, account);
        }
        (repaidD18, seized, lossD18) = Cover.seize(
            position.amount,
            debtD18,
            price,
            c.liquidationBonusBps,
            c.decimals,
            maxRepayD18
        );
        position.amount -= uint128(seized);
        if (lossD18 > 0) {
            pool.settle(position.shares, repaidD18);
            position.shares = 0;
        } else {
            (, uint112 shares) = pool.repay(position.shares, repaidD18);
            position.shares -= shares;
        }
    }

    function _mintCast(
        address collateral,
        Collateral memory c,
        address account,
        uint256 amountD18,
        address to,
        uint256 price
    ) private {
        if (amountD18 == 0) revert ZeroAmount();
        _requireReceiver(to);
        _requireUnpaused(collateral, c);
        DebtPool.Pool memory pool = _accrued(collateral, c);
        Position storage kept = _positions[collateral][account];
        Position memory position = kept;
        position.shares += pool.borrow(amountD18);
        uint256 debtD18 = pool.toAssetsUp(position.shares);
        _requireFloor(collateral, c, debtD18);
        _requireCeiling(collateral, c, pool.owedDown());
        _requireCovered(collateral, c, position.amount, debtD18, price);
        _store(collateral, pool);
        kept.shares = position.shares;
        emit CastMinted(collateral, account, to, amountD18, debtD18);
        cast.mint(to, amountD18);
    }

    function _credit(address collateral, address account, uint256 amount) private {
        if (amount == 0) revert ZeroAmount();
        _requireReceiver(account);
        _collateral(collateral);
        Position storage position = _positions[collateral][account];
        position.amount = SafeCast.toUint128(uint256(position.amount) + SafeCast.toUint128(amount));
        emit Deposited(collateral, account, msg.sender, amount);
    }

    function _debit(address collateral, uint256 amount, address to) private {
        if (amount == 0) revert ZeroAmount();
        _requireReceiver(to);
        Collateral memory c = _collateral(collateral);
        Position memory position = _positions[collateral][msg.sender];
        if (position.amount < amount) revert InsufficientCollateral(collateral, position.amount, amount);
        uint128 left = position.amount - uint128(amount);
        if (position.shares > 0) {
            _requireUnpaused(collateral, c);
            _requireCovered(collateral, c, left, _accrued(collateral, c).toAssetsUp(position.shares), _price(c));
        }
        _positions[collateral][msg.sender].amount = left;
        emit Withdrawn(collateral, msg.sender, to, amount);
    }

    function _price(Collateral memory c) private view returns (uint256) {
        (uint64 price, uint40 timestamp, ) = feed.latestPrice(c.assetId);
        return _fresh(c, price, timestamp);
    }

    function _fresh(Collateral memory c, uint64 price, uint40 timestamp) private view returns (uint256) {
        if (price == 0 || block.timestamp > uint256(timestamp) + c.maxPriceAgeSeconds) {
            revert PriceTooOld(c.assetId, timestamp, c.maxPriceAgeSeconds);
        }
        return price;
    }

    /// @dev Neither the vault nor its token can hand on what they are given.
    function _requireReceiver(address to) private view {
        if (to == address(0) || to == address(this) || to == address(cast)) revert InvalidReceiver(to);
    }

    function _requireFloor(address collateral, Collateral memory c, uint256 debtD18) private pure {
        uint256 floorD18 = c.floorCast * CAST_UNIT;
        if (debtD18 < floorD18) revert DebtBelowFloor(collateral, debtD18, floorD18);
    }

    function _requireCeiling(address collateral, Collateral memory c, uint256 debtD18) private pure {
        uint256 ceilingD18 = c.ceilingCast * CAST_UNIT;
        if (debtD18 > ceilingD18) revert DebtCeilingExceeded(collateral, debtD18, ceilingD18);
    }

    function _requireCovered(
        address collateral,
        Collateral memory c,
        uint256 amount,
        uint256 debtD18,
        uint256 price
    ) private pure {
        if (!Cover.covers(amount, debtD18, price, c.ratioBps, c.decimals)) {
            revert InsufficientlyCovered(collateral, amount, debtD18, price, c.ratioBps);
        }
    }
}
