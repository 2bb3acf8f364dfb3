import { formatEther, formatUnits } from "ethers";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { type HeldPool, isFresh, positionView, type PositionView, readPool } from "../src/cast/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { castContext, percent, price, priceWords } from "./cast-context.ts";
import { factTable, grouped, print, reporting, rowTable } from "./print.ts";

interface Args {
  readonly positions: number;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ positions: most, json }, hre) =>
  reporting(json, async () => {
    if (!Number.isSafeInteger(most) || most < 0) throw new InvalidArgument("--positions", `is ${most}`, "pool:show --positions 20");
    const { vault, deployment } = await castContext(hre);
    const { at, pools, positions, surplusD18, known } = await readPool(vault, deployment.block, most);
    const views = positions.flatMap((position) => {
      const pool = pools.find(({ collateral }) => collateral === position.collateral);
      return pool ? [positionView(position, pool, at.timestamp)] : [];
    });
    const collaterals = pools.map((pool) => ({ ...pool, priceFresh: isFresh(pool, at.timestamp) }));
    print(json, { block: at.number, collaterals, surplusD18, owing: known, positions: views }, () =>
      [
        ...pools.map((pool) => poolTable(pool, at.timestamp)),
        factTable([
          ["surplus of all pools", `${formatEther(surplusD18)} cast`],
          ["positions that owe", known],
        ]),
        ...(views.length === 0 ? [] : [positionsTable(views)]),
      ].join("\n"),
    );
  });

function poolTable({ collateral, symbol, terms, price: value, pricedAt, debtD18, held, ...rest }: HeldPool, at: bigint): string {
  const { ratioBps, liquidationRatioBps, liquidationBonusBps, feeBpsPerYear, ceilingCast, floorCast, maxPriceAgeSeconds, decimals } = terms;
  const age = pricedAt === 0n ? null : at - pricedAt;
  const priceFresh = isFresh({ ...rest, terms, price: value, pricedAt }, at);
  const ramp = liquidationRatioBps === ratioBps ? "" : `, liquidations ${percent(liquidationRatioBps)} and rising`;
  return factTable([
    [symbol, terms.paused ? `${collateral} (paused)` : collateral],
    ["price", priceWords({ price: value, priceAgeSeconds: age, priceFresh })],
    ["oldest price", `${maxPriceAgeSeconds} s`],
    ["ratio", percent(ratioBps) + ramp],
    ["liquidation bonus", percent(liquidationBonusBps)],
    ["fee a year", percent(feeBpsPerYear)],
    ["debt", `${formatEther(debtD18)} of ${grouped(Number(ceilingCast))} cast`],
    ["least debt", `${grouped(Number(floorCast))} cast`],
    ["collateral held", held === null ? "-" : `${formatUnits(held, decimals)} ${symbol}`],
  ]);
}

const positionsTable = (views: readonly PositionView[]): string =>
  rowTable(
    ["account", "collateral", "debt", "ratio", "liquidation price"],
    views.map((view) => [
      ...[view.account, `${formatUnits(view.amount, view.decimals)} ${view.symbol}`, formatEther(view.debtD18)],
      ...[percent(view.ratioBps), price(view.liquidationPrice)],
    ]),
  );

export default action;
