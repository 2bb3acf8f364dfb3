import { createRequire } from "node:module";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";

const require = createRequire(import.meta.url);

// The compiler comes from npm, so a build needs no download. Both profiles are written out: a derived one drops settings.
const compiler = {
  version: "0.8.37",
  path: require.resolve("solc/soljson.js"),
  settings: { evmVersion: "osaka", optimizer: { enabled: true, runs: 10_000 } },
};

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers],
  solidity: {
    npmFilesToBuild: ["@openzeppelin/contracts/access/manager/AccessManager.sol"],
    profiles: {
      default: { isolated: false, compilers: [compiler] },
      production: { isolated: false, compilers: [compiler] },
    },
    splitTestsCompilation: true,
  },
  paths: { tests: { mocha: "test", solidity: "test/contracts" }, ignition: "." },
  test: {
    // A fixed seed: a red run is red again. MINTD_FUZZ_RUNS raises the effort, MINTD_FUZZ_SEED changes the path.
    solidity: {
      fuzz: { runs: Number(process.env.MINTD_FUZZ_RUNS ?? 128), seed: process.env.MINTD_FUZZ_SEED ?? "0x6d696e7464" },
      invariant: { runs: Math.ceil(Number(process.env.MINTD_FUZZ_RUNS ?? 128) / 8), depth: 64, failOnRevert: true },
    },
  },
  networks: {
    hardhat: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    sepolia: {
      type: "http",
      chainType: "l1",
      chainId: 11155111,
      url: configVariable("SEPOLIA_RPC_URL"),
      accounts: [configVariable("SEPOLIA_PRIVATE_KEY")],
    },
  },
});
