// Measures and rewrites bench/gas.json. Run it after a change that is meant to move gas, and commit the difference:
//
//     npx hardhat run scripts/gas.ts
import { writeFile } from "node:fs/promises";
import { network } from "hardhat";
import { measureCastGas } from "../bench/cast-gas.ts";
import { targets } from "../bench/gas-targets.ts";
import { measureGas } from "../bench/gas.ts";
import { measurePriceGas } from "../bench/price-gas.ts";

const report = {
  ...(await measureGas(await network.create())),
  ...(await measureCastGas(await network.create())),
  ...(await measurePriceGas(await network.create())),
};
await writeFile(new URL("../bench/gas.json", import.meta.url), JSON.stringify(report, null, 2) + "\n");
for (const [name, gas] of Object.entries(report)) {
  const target = targets[name];
  console.log(
    gas.toLocaleString("en").padStart(12),
    target === undefined ? "".padStart(14) : `<= ${target.toLocaleString("en")}`.padStart(14),
    name,
  );
}
