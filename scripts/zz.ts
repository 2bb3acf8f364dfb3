import { network } from "hardhat";
import { measurePriceGas } from "/work/wt/verifier/bench/price-gas.ts";
console.log(await measurePriceGas(await network.create()));
process.exit(0);
