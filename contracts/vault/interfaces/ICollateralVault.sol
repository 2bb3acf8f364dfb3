// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IPriceFeed} from "../../price/interfaces/IPriceFeed.sol";
import {PriceReport} from "../../price/interfaces/IProvenPrices.sol";
import {ICastToken} from "./ICastToken.sol";
import {ICollaterals} from "./ICollaterals.sol";
import {IWETH} from "./IWETH.sol";

/// @title Positions: collateral in, cast tokens out
/// @notice An account has one position for each collateral. Amounts of collateral are in the token's smallest unit, amounts
/// of cast tokens and debts have 18 decimals. Anybody may top up or repay anybody's position; only the account itself,
/// and a minter that it let, mints; only the account withdraws.
///
/// All who owe against a collateral answer for each other, without a limit. What a liquidated position cannot pay is added
/// to the debts of the others in proportion, and can take a position far above its ratio to below it, or all of it. With
/// ether at 2,000, 150 % and two debtors: Ann owes 100,000 on 75 ether, Bob 6,000 on 15, five times covered. Ether falls to
/// 1,100 at once. Ann's 82,500 are bought for 80,882.35, so 19,117.65 are lost, and Bob owes 25,117.65 on 16,500: he is
/// liquidated whole as well. Who repays before the loss bears none of it.
interface ICollateralVault is ICollaterals {
    event Deposited(address indexed collateral, address indexed account, address indexed payer, uint256 amount);
    event Withdrawn(address indexed collateral, address indexed account, address indexed to, uint256 amount);

    /// @notice `debtD18` is what the account owes from now on.
    event CastMinted(
        address indexed collateral,
        address indexed account,
        address indexed to,
        uint256 amountD18,
        uint256 debtD18
    );
    /// @notice `minter` may mint `allowanceD18` on the account's positions from now on.
    event MinterApproved(address indexed account, address indexed minter, uint256 allowanceD18);
    event Repaid(
        address indexed collateral,
        address indexed account,
        address indexed payer,
        uint256 amountD18,
        uint256 debtD18
    );

    /// @notice `lossD18` is the debt that nobody paid: the other positions of this collateral owe it from now on.
    event Liquidated(
        address indexed collateral,
        address indexed account,
        address indexed liquidator,
        uint256 repaidD18,
        uint256 seized,
        uint256 lossD18
    );
    event FeesCollected(address indexed to, uint256 amountD18);

    error ZeroAmount();

    /// @notice Zero, the vault itself or its token: what goes there is lost.
    error InvalidReceiver(address to);

    /// @notice The price feed, or WETH, is not a contract.
    error NoCode(address account);

    /// @notice The token moved another amount than it was told: it takes fees, or it lies.
    error TransferMismatch(address collateral, uint256 received, uint256 wanted);

    /// @notice The position holds less than was asked for.
    error InsufficientCollateral(address collateral, uint256 held, uint256 wanted);

    /// @notice The account let the minter mint no more than this.
    error InsufficientMintAllowance(address account, address minter, uint256 allowanceD18, uint256 wantedD18);

    /// @notice All positions of the collateral would owe `debtD18` together.
    error DebtCeilingExceeded(address collateral, uint256 debtD18, uint256 ceilingD18);
    error DebtBelowFloor(address collateral, uint256 debtD18, uint256 floorD18);

    /// @notice The collateral would be worth less than the ratio demands.
    error InsufficientlyCovered(address collateral, uint256 amount, uint256 debtD18, uint256 price, uint256 ratioBps);

    /// @notice No price, or one older than the collateral's limit (`timestamp` is 0 if there is none).
    error PriceTooOld(uint64 assetId, uint256 timestamp, uint256 maxAgeSeconds);

    /// @notice The position is covered, so it cannot be liquidated.
    error PositionHealthy(address collateral, address account);

    /// @notice Nothing more is owed than there are tokens: `surplusD18` is not positive.
    error NothingToCollect(int256 surplusD18);

    /// @notice Ether that does not come from WETH; use `depositETH`.
    error OnlyWETH(address sender);

    /// @notice `to` did not take the ether.
    error EtherRefused(address to, uint256 amount);

    /// @notice Adds the caller's tokens to the position of `account`. Works whatever the price and when paused.
    function deposit(address collateral, address account, uint256 amount) external;

    /// @notice The same with ether, which the vault wraps; the collateral is WETH.
    function depositETH(address account) external payable;

    /// @notice Mints `amountD18` to `to` on the caller's position.
    function mintCast(address collateral, uint256 amountD18, address to) external;

    /// @notice The same on a price that the caller brings the proof of, with the caller as the context's recipient. Nothing is
    /// posted. Where a price as new is posted already, that one is taken. Only if the feed is an IProvenPrices.
    function mintCastWithProof(
        address collateral,
        uint256 amountD18,
        address to,
        uint256[8] calldata proof,
        PriceReport calldata report
    ) external;

    /// @notice Lets `minter` mint up to `allowanceD18` on the caller's positions, to the caller alone. The largest number is
    /// not used up. One allowance serves all collaterals. It replaces what was allowed before: a minter that sees the change
    /// coming can use up the old allowance first and the new one after it, so allow 0 and look before allowing less.
    function approveMinter(address minter, uint256 allowanceD18) external;

    /// @notice Mints `amountD18` to `account`, on its own position, as far as it let the caller (`approveMinter`).
    function mintCastFor(address collateral, address account, uint256 amountD18) external;

    /// @notice What the account still lets the minter mint.
    function mintAllowance(address account, address minter) external view returns (uint256 allowanceD18);

    /// @notice Burns the caller's tokens for the debt of `account`: `maxAmountD18`, or all of the debt if that is less.
    /// Works whatever the price and when paused.
    /// @return repaidD18 What was burned.
    function repay(address collateral, address account, uint256 maxAmountD18) external returns (uint256 repaidD18);

    /// @notice Gives collateral of the caller's position to `to`. What remains must cover the debt; without debt no price is
    /// asked and no pause stops it.
    function withdraw(address collateral, uint256 amount, address to) external;

    /// @notice The same, as ether; the collateral is WETH.
    function withdrawETH(uint256 amount, address to) external;

    /// @notice Burns the caller's tokens for a position below the liquidation ratio, and gives the caller collateral worth
    /// as much and the bonus. If the collateral is worth less than debt and bonus, the bonus is what it is worth beyond the
    /// debt, so that nothing is lost. If it is worth less than the debt, all of it is bought for what it is worth less an
    /// incentive of 2 %, or the bonus if that is less, and the rest of the debt goes to the other positions of the collateral.
    /// @param maxRepayD18 The most the caller pays. If it is less than needed, a part is liquidated, and the debt that
    /// remains may not be below the floor.
    /// @return repaidD18 What was burned.
    /// @return seized What the caller got.
    function liquidate(
        address collateral,
        address account,
        uint256 maxRepayD18
    ) external returns (uint256 repaidD18, uint256 seized);

    /// @notice Mints what all pools are owed beyond the tokens there are: the fees, after losses that nobody bears. Restricted.
    function collectFees(address to) external returns (uint256 amountD18);

    /// @notice What a position holds and owes now.
    function positionOf(address collateral, address account) external view returns (uint256 amount, uint256 debtD18);

    /// @notice What all positions of a collateral owe now, rounded down: their debts add up to at least this.
    function debtOf(address collateral) external view returns (uint256 debtD18);

    /// @notice What all pools are owed less the tokens there are. Positive: fees to collect. Negative: tokens that no debt
    /// stands behind, left by losses of pools that had no other debtor, and by rounding; fees make up for them first.
    function surplus() external view returns (int256 surplusD18);

    function cast() external view returns (ICastToken);

    function feed() external view returns (IPriceFeed);

    function weth() external view returns (IWETH);
}
