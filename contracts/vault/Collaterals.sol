// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Cover} from "./Cover.sol";
import {DebtPool} from "./DebtPool.sol";
import {CollateralTerms, ICollaterals} from "./interfaces/ICollaterals.sol";

/// @title The collaterals of a vault and their terms
abstract contract Collaterals is ICollaterals, AccessManaged {
    using DebtPool for DebtPool.Pool;

    /// @dev One storage slot, as every mint reads it. A collateral exists when its ratio is not 0.
    struct Collateral {
        uint64 assetId;
        uint16 ratioBps;
        /// @dev Below `ratioBps` since that was raised last, otherwise the same.
        uint16 rampFromBps;
        uint16 liquidationBonusBps;
        uint16 feeBpsPerYear;
        uint16 maxPriceAgeSeconds;
        uint40 ceilingCast;
        uint24 floorCast;
        uint8 decimals;
        /// @dev Unix seconds, up to the year 2106. The past says when the last pause ended; 0 that there was none.
        uint32 pausedUntil;
    }

    /// @inheritdoc ICollaterals
    uint256 public constant MAX_COLLATERALS = 32;

    /// @inheritdoc ICollaterals
    uint256 public constant RAMP_SECONDS = 7 days;

    /// @inheritdoc ICollaterals
    uint256 public constant LIQUIDATION_GAP_BPS = 500;

    /// @inheritdoc ICollaterals
    uint256 public constant PAUSE_SECONDS = 3 days;

    address[] private _all;
    mapping(address collateral => Collateral) private _collaterals;

    /// @dev Beside the collaterals' slots, as only a liquidation during or after a ramp asks for it.
    mapping(address collateral => uint256 timestamp) private _rampStart;
    mapping(address collateral => uint256 word) private _pools;

    constructor(address initialAuthority) AccessManaged(initialAuthority) {
        // A wrong authority could never be corrected.
        if (initialAuthority.code.length == 0) revert AccessManagedInvalidAuthority(initialAuthority);
    }

    /// @inheritdoc ICollaterals
    function addCollateral(address collateral, CollateralTerms calldata terms) external restricted {
        if (_collaterals[collateral].ratioBps != 0) revert CollateralExists(collateral);
        if (_all.length == MAX_COLLATERALS) revert TooManyCollaterals(MAX_COLLATERALS);
        uint8 decimals = IERC20Metadata(collateral).decimals();
        if (decimals > 36) revert DecimalsOutOfRange(collateral, decimals);
        _requireRatio(terms.ratioBps, terms.liquidationBonusBps);
        _collaterals[collateral] = Collateral({
            assetId: terms.assetId,
            ratioBps: terms.ratioBps,
            rampFromBps: terms.ratioBps,
            liquidationBonusBps: terms.liquidationBonusBps,
            feeBpsPerYear: terms.feeBpsPerYear,
            maxPriceAgeSeconds: terms.maxPriceAgeSeconds,
            ceilingCast: terms.ceilingCast,
            floorCast: terms.floorCast,
            decimals: decimals,
            pausedUntil: 0
        });
        _all.push(collateral);
        _store(collateral, DebtPool.Pool({assetsD18: 0, shares: 0, accruedAt: uint32(block.timestamp)}));
        emit CollateralAdded(collateral, terms, decimals);
    }

    /// @inheritdoc ICollaterals
    function setRatio(address collateral, uint16 ratioBps) external restricted {
        Collateral memory c = _collateral(collateral);
        _requireRatio(ratioBps, c.liquidationBonusBps);
        uint256 current = _rampedRatioBps(collateral, c);
        uint256 from = ratioBps < current ? ratioBps : current;
        _collaterals[collateral].rampFromBps = uint16(from);
        _collaterals[collateral].ratioBps = ratioBps;
        _rampStart[collateral] = block.timestamp;
        emit RatioSet(collateral, from, ratioBps);
    }

    /// @inheritdoc ICollaterals
    function setLimits(address collateral, uint40 ceilingCast, uint24 floorCast) external restricted {
        _collateral(collateral);
        _collaterals[collateral].ceilingCast = ceilingCast;
        _collaterals[collateral].floorCast = floorCast;
        emit LimitsSet(collateral, ceilingCast, floorCast);
    }

    /// @inheritdoc ICollaterals
    function setCharges(address collateral, uint16 liquidationBonusBps, uint16 feeBpsPerYear) external restricted {
        Collateral memory c = _collateral(collateral);
        _requireRatio(_rampedRatioBps(collateral, c), liquidationBonusBps); // the lowest ratio of a ramp
        _store(collateral, _accrued(collateral, c));
        _collaterals[collateral].liquidationBonusBps = liquidationBonusBps;
        _collaterals[collateral].feeBpsPerYear = feeBpsPerYear;
        emit ChargesSet(collateral, liquidationBonusBps, feeBpsPerYear);
    }

    /// @inheritdoc ICollaterals
    function setMaxPriceAge(address collateral, uint16 maxPriceAgeSeconds) external restricted {
        _collateral(collateral);
        _collaterals[collateral].maxPriceAgeSeconds = maxPriceAgeSeconds;
        emit MaxPriceAgeSet(collateral, maxPriceAgeSeconds);
    }

    /// @inheritdoc ICollaterals
    function pause(address collateral) external restricted {
        uint256 ended = _collateral(collateral).pausedUntil;
        if (block.timestamp < ended + PAUSE_SECONDS) {
            revert PauseTooSoon(collateral, ended + PAUSE_SECONDS);
        }
        _setPause(collateral, block.timestamp + PAUSE_SECONDS);
    }

    /// @inheritdoc ICollaterals
    function pauseFor(address collateral, uint32 durationSeconds) external restricted {
        _collateral(collateral);
        _setPause(collateral, Math.min(block.timestamp + durationSeconds, type(uint32).max));
    }

    /// @inheritdoc ICollaterals
    function unpause(address collateral) external restricted {
        if (block.timestamp < _collateral(collateral).pausedUntil) {
            _collaterals[collateral].pausedUntil = uint32(block.timestamp);
        }
        emit CollateralUnpaused(collateral);
    }

    /// @inheritdoc ICollaterals
    function termsOf(address collateral) external view returns (CollateralTerms memory) {
        Collateral memory c = _collateral(collateral);
        return
            CollateralTerms({
                assetId: c.assetId,
                ratioBps: c.ratioBps,
                liquidationBonusBps: c.liquidationBonusBps,
                feeBpsPerYear: c.feeBpsPerYear,
                maxPriceAgeSeconds: c.maxPriceAgeSeconds,
                ceilingCast: c.ceilingCast,
                floorCast: c.floorCast
            });
    }

    /// @inheritdoc ICollaterals
    function liquidationRatioBps(address collateral) external view returns (uint256) {
        return _liquidationRatioBps(collateral, _collateral(collateral));
    }

    /// @inheritdoc ICollaterals
    function paused(address collateral) external view returns (bool) {
        return block.timestamp < _collateral(collateral).pausedUntil;
    }

    /// @inheritdoc ICollaterals
    function pausedUntil(address collateral) external view returns (uint256) {
        return _collateral(collateral).pausedUntil;
    }

    /// @inheritdoc ICollaterals
    function collaterals() public view returns (address[] memory) {
        return _all;
    }

    /// @dev To be copied to memory by the caller where more than one field is read.
    function _collateral(address collateral) internal view returns (Collateral storage c) {
        c = _collaterals[collateral];
        if (c.ratioBps == 0) revert CollateralUnknown(collateral);
    }

    /// @dev The pool with the fees until now; the caller stores it.
    function _accrued(address collateral, Collateral memory c) internal view returns (DebtPool.Pool memory pool) {
        pool.load(_pools[collateral]);
        pool.accrue(c.feeBpsPerYear);
    }

    function _store(address collateral, DebtPool.Pool memory pool) internal {
        _pools[collateral] = pool.toWord();
    }

    function _liquidationRatioBps(address collateral, Collateral memory c) internal view returns (uint256) {
        return _rampedRatioBps(collateral, c) - LIQUIDATION_GAP_BPS;
    }

    function _requireUnpaused(address collateral, Collateral memory c) internal view {
        if (block.timestamp < c.pausedUntil) revert PausedCollateral(collateral);
    }

    function _setPause(address collateral, uint256 until) private {
        _collaterals[collateral].pausedUntil = uint32(until);
        emit CollateralPaused(collateral, until);
    }

    /// @dev The ratio, or how far it has come on its way there.
    function _rampedRatioBps(address collateral, Collateral memory c) private view returns (uint256) {
        if (c.rampFromBps == c.ratioBps) return c.ratioBps;
        uint256 elapsedSeconds = block.timestamp - _rampStart[collateral];
        if (elapsedSeconds >= RAMP_SECONDS) return c.ratioBps;
        return c.rampFromBps + ((c.ratioBps - c.rampFromBps) * elapsedSeconds) / RAMP_SECONDS;
    }

    /// @dev Even a position that can only just be liquidated is worth more than debt and bonus.
    function _requireRatio(uint256 ratioBps, uint256 liquidationBonusBps) private pure {
        uint256 boundBps = Cover.BPS + liquidationBonusBps + LIQUIDATION_GAP_BPS;
        if (ratioBps <= boundBps) revert RatioTooLow(ratioBps, boundBps);
    }
}
