// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice What governance decides about a collateral.
struct CollateralTerms {
    /// @dev As the price feed numbers it.
    uint64 assetId;
    /// @dev The least worth of a position's collateral, in 1/10,000 of its debt: 15000 is 150 %.
    uint16 ratioBps;
    /// @dev What a liquidator gets beyond what was paid, in 1/10,000 of it, where the collateral is worth that much.
    uint16 liquidationBonusBps;
    /// @dev The fee on debt, in 1/10,000 a year; compounded when the pool is touched.
    uint16 feeBpsPerYear;
    /// @dev An older price neither mints nor liquidates.
    uint16 maxPriceAgeSeconds;
    /// @dev The most that all positions may owe when one more is minted, in whole cast tokens.
    uint40 ceilingCast;
    /// @dev The least that a position may owe after a mint or a liquidation, in whole cast tokens.
    uint24 floorCast;
}

/// @title The collaterals of a vault and their terms
/// @notice Restricted functions are governed by one AccessManager. `pause` is for a guardian without delay, and ends by
/// itself; `pauseFor` and `unpause` are for governance, whose pauses last as long as it says.
interface ICollaterals {
    event CollateralAdded(address indexed collateral, CollateralTerms terms, uint8 decimals);

    /// @notice Mints and withdrawals meet `toBps` from now on; liquidation meets `fromBps` now and `toBps` after
    /// `RAMP_SECONDS`, in a straight line, less LIQUIDATION_GAP_BPS each.
    event RatioSet(address indexed collateral, uint256 fromBps, uint256 toBps);
    event LimitsSet(address indexed collateral, uint256 ceilingCast, uint256 floorCast);
    event ChargesSet(address indexed collateral, uint256 liquidationBonusBps, uint256 feeBpsPerYear);
    event MaxPriceAgeSet(address indexed collateral, uint256 maxPriceAgeSeconds);

    /// @notice Paused until this second, unless somebody who may says otherwise before.
    event CollateralPaused(address indexed collateral, uint256 until);
    event CollateralUnpaused(address indexed collateral);

    error CollateralExists(address collateral);
    error CollateralUnknown(address collateral);
    error TooManyCollaterals(uint256 count);

    /// @notice A token of more than 36 decimals: products with it do not fit into 256 bits.
    error DecimalsOutOfRange(address collateral, uint8 decimals);

    /// @notice A position that can only just be liquidated must be worth more than its debt and the bonus: `ratioBps` has to
    /// be above `boundBps`, which is 10000, the bonus and LIQUIDATION_GAP_BPS.
    error RatioTooLow(uint256 ratioBps, uint256 boundBps);

    /// @notice Nothing but deposits, repaying, and withdrawing what backs no debt works while paused.
    error PausedCollateral(address collateral);

    /// @notice The last pause is not over for PAUSE_SECONDS yet: the guardian may pause again at `possibleFrom`.
    error PauseTooSoon(address collateral, uint256 possibleFrom);

    /// @notice Takes a token in. Restricted. Its balances must change by transfers alone: no rebasing token.
    function addCollateral(address collateral, CollateralTerms calldata terms) external;

    /// @notice Changes the ratio. Restricted. Lower applies at once; higher applies at once to mints and withdrawals, and
    /// little by little to liquidation, so that nobody is liquidated who had no time to top up.
    function setRatio(address collateral, uint16 ratioBps) external;

    /// @notice Changes ceiling and floor, in whole cast tokens. Restricted. Touches no position that exists.
    function setLimits(address collateral, uint40 ceilingCast, uint24 floorCast) external;

    /// @notice Changes bonus and fee. Restricted. Until now the old fee is charged.
    function setCharges(address collateral, uint16 liquidationBonusBps, uint16 feeBpsPerYear) external;

    /// @notice Changes how old a price may be. Restricted.
    function setMaxPriceAge(address collateral, uint16 maxPriceAgeSeconds) external;

    /// @notice Stops mints, liquidations and withdrawals by those who owe, for PAUSE_SECONDS. Restricted. Deposits and repaying
    /// go on. As long must pass after a pause, whoever ended it, before this can be called again.
    function pause(address collateral) external;

    /// @notice The same for as long as the caller says, from now on, whatever was before. Restricted. The largest number means
    /// until `unpause`, 0 that the pause ends now.
    function pauseFor(address collateral, uint32 durationSeconds) external;

    /// @notice Ends a pause. Restricted.
    function unpause(address collateral) external;

    /// @notice The terms, with the ratio that mints must meet.
    function termsOf(address collateral) external view returns (CollateralTerms memory);

    /// @notice The ratio below which a position can be liquidated now: LIQUIDATION_GAP_BPS less than that of `termsOf`, so that
    /// what was minted to the limit is not liquidated for a second's fee, and less than that while a raised ratio ramps.
    function liquidationRatioBps(address collateral) external view returns (uint256);

    /// @notice Whether the collateral is paused.
    function paused(address collateral) external view returns (bool);

    /// @notice When the pause ends, or when the last one did, in Unix seconds; 0 if there was none.
    function pausedUntil(address collateral) external view returns (uint256);

    /// @notice All collaterals, in the order they were added; at most `MAX_COLLATERALS`.
    function collaterals() external view returns (address[] memory);

    function MAX_COLLATERALS() external view returns (uint256);

    /// @notice How long a raised ratio takes to apply to liquidations.
    function RAMP_SECONDS() external view returns (uint256);

    /// @notice By how much the collateral's worth may fall below what a mint demands before it can be liquidated, in 1/10,000
    /// of the debt.
    function LIQUIDATION_GAP_BPS() external view returns (uint256);

    /// @notice How long a guardian's pause lasts, and how long after a pause it can begin no other.
    function PAUSE_SECONDS() external view returns (uint256);
}
