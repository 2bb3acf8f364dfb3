import { expect } from "chai";
import { parseEther } from "ethers";
import fc from "fast-check";
import {
  covered,
  gainD18,
  gasCostD18,
  liquidations,
  lowestPrice,
  type Market,
  type Position,
  ratioOf,
  seize,
  type Terms,
} from "../../../src/cast/index.ts";

const terms: Terms = {
  ...{ assetId: 1n, decimals: 18, ratioBps: 15_000n, liquidationRatioBps: 15_000n, liquidationBonusBps: 1_000n },
  ...{ feeBpsPerYear: 0n, maxPriceAgeSeconds: 3_600n, ceilingCast: 1_000_000n, floorCast: 100n, paused: false },
};
const market = (price: bigint, changed: Partial<Terms> = {}): Market => ({
  terms: { ...terms, ...changed },
  price: price * 10n ** 8n,
  pricedAt: 1_000n,
});
const eth = (account: string, amount: string, debt: string): Position => ({
  ...{ collateral: "ETH", account, amount: parseEther(amount), debtD18: parseEther(debt) },
});
const at = 1_000n;
const markets = (one: Market): Map<string, Market> => new Map([["ETH", one]]);

describe("The choice of liquidations", () => {
  it("takes the largest shortfall first and stops where the balance ends", () => {
    const positions = [eth("a", "1", "900"), eth("b", "10", "9500"), eth("c", "1", "1000"), eth("covered", "1", "800")];
    const chosen = liquidations(positions, markets(market(1_300n)), parseEther("10500"), at);
    expect(chosen.map(({ account }) => account)).to.deep.equal(["b", "c"]);
    expect(chosen.map(({ partial }) => partial)).to.deep.equal([false, false]);
  });

  it("takes a part that leaves the floor where the balance does not reach for all", () => {
    const [part] = liquidations([eth("a", "1", "1000")], markets(market(1_300n)), parseEther("950"), at);
    expect(part).to.include({ partial: true, maxRepayD18: parseEther("900") });
    const [less] = liquidations([eth("a", "1", "1000")], markets(market(1_300n)), parseEther("300"), at);
    expect(less).to.include({ partial: true, maxRepayD18: parseEther("300") });
  });

  it("leaves alone what it could pay neither whole nor in a part above the floor", () => {
    expect(liquidations([eth("a", "0.1", "100")], markets(market(1_300n)), parseEther("99"), at)).to.deep.equal([]);
    expect(liquidations([eth("a", "1", "1000")], markets(market(1_300n)), 0n, at)).to.deep.equal([]);
  });

  it("goes on to the next where one cannot be paid", () => {
    const positions = [eth("a", "0.1", "100"), eth("b", "0.03", "30")];
    const chosen = liquidations(positions, markets(market(500n)), parseEther("20"), at);
    // 0.03 ether at 500 are bought by 15 / 1.02
    expect(chosen.map(({ account }) => account)).to.deep.equal(["b"]);
  });

  it("judges by the ratio that liquidations meet now, not by that of mints", () => {
    expect(
      liquidations([eth("a", "1", "1000")], markets(market(1_400n, { liquidationRatioBps: 13_500n })), parseEther("5000"), at),
    ).to.deep.equal([]);
  });

  it("sends nothing while paused, without a price, on one that is too old, or what is busy", () => {
    const positions = [eth("a", "1", "1000")];
    const balance = parseEther("5000");
    expect(liquidations(positions, markets(market(1_000n, { paused: true })), balance, at)).to.deep.equal([]);
    expect(liquidations(positions, markets(market(0n)), balance, at)).to.deep.equal([]);
    expect(liquidations(positions, markets(market(1_000n)), balance, at + 3_601n)).to.deep.equal([]);
    expect(liquidations(positions, markets(market(1_000n)), balance, at + 3_600n)).to.have.length(1);
    expect(liquidations(positions, markets(market(1_000n)), balance, at, () => true)).to.deep.equal([]);
    expect(liquidations(positions, new Map(), balance, at)).to.deep.equal([]);
  });

  it("leaves a margin for the fees until it is mined", () => {
    const [one] = liquidations([eth("a", "1", "1000")], markets(market(1_300n, { feeBpsPerYear: 500n })), parseEther("5000"), at);
    expect(one?.maxRepayD18).to.equal(parseEther("1000") + (parseEther("1000") * 500n * 3_600n) / (10_000n * 365n * 86_400n) + 1n);
    const exactly = liquidations([eth("a", "1", "1000")], markets(market(1_300n, { feeBpsPerYear: 500n })), parseEther("1000"), at);
    expect(exactly[0]).to.include({ partial: true, maxRepayD18: parseEther("900") });
  });

  it("pays for nothing that gives nothing: dust that buys no unit, and a debt without collateral", () => {
    const dust: Position = { collateral: "ETH", account: "a", amount: 1n, debtD18: 1_333n };
    const empty: Position = { collateral: "ETH", account: "b", amount: 0n, debtD18: parseEther("100") };
    expect(covered(dust, 18, 1_998n * 10n ** 8n, 15_000n)).to.equal(false);
    expect(liquidations([dust, empty], markets(market(1_998n)), parseEther("5000"), at)).to.deep.equal([]);
    expect(liquidations([{ ...dust, amount: 2n, debtD18: 2_666n }], markets(market(1_998n)), parseEther("5000"), at)).to.have.length(1);
  });

  it("takes only what gains more than it is told, whole or in part", () => {
    const positions = [eth("a", "1", "1000"), eth("b", "0.1", "100")];
    const chosen = (above: string, balance = "5000") =>
      liquidations(positions, markets(market(1_300n)), parseEther(balance), at, undefined, parseEther(above)).map(({ account }) => account);
    // The bonus is 10 % of what is paid, less a unit where it is rounded.
    expect(chosen("0")).to.deep.equal(["a", "b"]);
    expect(chosen("9.9")).to.deep.equal(["a", "b"]);
    expect(chosen("10")).to.deep.equal(["a"]);
    expect(chosen("99.9")).to.deep.equal(["a"]);
    expect(chosen("100")).to.deep.equal([]);
    expect(chosen("50", "600")).to.deep.equal(["a"]);
    expect(chosen("60", "600")).to.deep.equal([]);
  });

  it("costs the gas of a transaction at ether's price, unknown where that is not fresh", () => {
    // 110,000 units at 20 gwei are 0.0022 ether
    expect(gasCostD18(20n * 10n ** 9n, market(2_000n), at)).to.equal(parseEther("4.4"));
    expect(gasCostD18(20n * 10n ** 9n, market(2_000n), at + 3_601n)).to.equal(undefined);
    expect(gasCostD18(20n * 10n ** 9n, undefined, at)).to.equal(undefined);
  });

  it("never spends more than the balance, never leaves a debt below the floor, for any positions", () => {
    const amounts = fc.bigInt(1n, 10n ** 22n);
    const position = fc.record({ collateral: fc.constant("ETH"), account: fc.uuid(), amount: amounts, debtD18: fc.bigInt(0n, 10n ** 25n) });
    fc.assert(
      fc.property(
        fc.array(position, { maxLength: 20 }),
        fc.bigInt(1n, 10n ** 12n),
        fc.bigInt(0n, 10n ** 24n),
        fc.option(fc.bigInt(0n, 10n ** 21n), { nil: undefined }),
        (positions, price, balance, above) => {
          const one: Market = { terms, price, pricedAt: 1_000n };
          const chosen = liquidations(positions, markets(one), balance, at, undefined, above);
          expect(chosen.reduce((sum, { repaidD18 }) => sum + repaidD18, 0n) <= balance).to.equal(true);
          for (const { account, maxRepayD18 } of chosen) {
            const of = positions.find((each) => each.account === account) as Position;
            const { leftD18, repaidD18, seized } = seize(of, terms, price, maxRepayD18);
            expect(seized > 0n && (above === undefined || gainD18({ seized, repaidD18 }, 18, price) > above)).to.equal(true);
            expect(leftD18 === 0n || leftD18 >= parseEther("100"), `${leftD18} is left`).to.equal(true);
            expect(repaidD18 <= maxRepayD18 && !covered(of, 18, price, 15_000n)).to.equal(true);
          }
        },
      ),
    );
  });

  it("covers at the liquidation price and not a unit below it, whatever the decimals", () => {
    const holding = fc.record({ amount: fc.bigInt(1n, 10n ** 30n), debtD18: fc.bigInt(1n, 10n ** 30n) });
    fc.assert(
      fc.property(holding, fc.integer({ min: 0, max: 36 }), fc.bigInt(10_001n, 65_535n), (one, decimals, ratio) => {
        const price = lowestPrice(one, decimals, ratio) as bigint;
        expect([covered(one, decimals, price, ratio), covered(one, decimals, price - 1n, ratio)]).to.deep.equal([true, false]);
        expect((ratioOf(one, decimals, price) as bigint) >= ratio).to.equal(true);
      }),
    );
  });
});
