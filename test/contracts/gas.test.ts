import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { network } from "hardhat";
import type { GasReport } from "../../bench/gas.ts";
import { measureCastGas } from "../../bench/cast-gas.ts";
import { targets } from "../../bench/gas-targets.ts";
import { measureGas } from "../../bench/gas.ts";
import { measurePriceGas } from "../../bench/price-gas.ts";

describe("gas of minting", () => {
  let measured: GasReport;
  let kept: GasReport;

  before(async function () {
    this.timeout(180_000);
    measured = {
      ...(await measureGas(await network.create())),
      ...(await measureCastGas(await network.create())),
      ...(await measurePriceGas(await network.create())),
    };
    kept = JSON.parse(await readFile(new URL("../../bench/gas.json", import.meta.url), "utf8")) as GasReport;
  });

  it("stays within the targets", () => {
    const exceeded = Object.entries(targets).filter(([name, target]) => !((measured[name] ?? Infinity) <= target));
    expect(exceeded, "name and target; measured: npx hardhat run scripts/gas.ts").to.deep.equal([]);
  });

  it("is what bench/gas.json says, to 1 %", () => {
    expect(Object.keys(measured), "the same operations").to.have.members(Object.keys(kept));
    const drifted = Object.entries(measured)
      .map(([name, gas]) => ({ name, gas, kept: kept[name] ?? 0 }))
      .filter(({ gas, kept }) => Math.abs(gas - kept) > kept / 100);
    expect(drifted, "if it is meant: npx hardhat run scripts/gas.ts, and commit bench/gas.json").to.deep.equal([]);
  });
});
