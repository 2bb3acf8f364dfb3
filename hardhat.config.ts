import { createRequire } from "node:module";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";
import type { HttpNetworkUserConfig } from "hardhat/types/config";
import { build, tasks } from "./tasks/index.ts";

const require = createRequire(import.meta.url);

// The compiler comes from npm, so a build needs no download. Both profiles are written out: a derived one drops settings.
const compiler = {
  version: "0.8.37",
  path: require.resolve("solc/soljson.js"),
  settings: { evmVersion: "osaka", optimizer: { enabled: true, runs: 10_000 } },
};

/** The accounts that every development node funds: admin, voucher signer, lanes. Public. */
const localAccounts = { mnemonic: "test test test test test test test test test test test junk", count: 10 };

/** Endpoint and key from Hardhat's keystore or the environment: SEPOLIA_RPC_URL, SEPOLIA_PRIVATE_KEY and so on. */
function publicNetwork(name: string, chainId: number): HttpNetworkUserConfig {
  const prefix = name.replace(/([A-Z])/g, "_$1").toUpperCase();
  return {
    type: "http",
    chainType: name.startsWith("base") ? "op" : "l1",
    chainId,
    url: configVariable(`${prefix}_RPC_URL`),
    accounts: [configVariable(`${prefix}_PRIVATE_KEY`)],
  };
}

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers],
  solidity: {
    npmFilesToBuild: [
      "@openzeppelin/contracts/access/manager/AccessManager.sol",
      "@openzeppelin/contracts/governance/TimelockController.sol",
    ],
    profiles: {
      default: { isolated: false, compilers: [compiler] },
      production: { isolated: false, compilers: [compiler] },
    },
    splitTestsCompilation: true,
  },
  paths: { tests: { mocha: "test", solidity: "test/contracts" }, ignition: process.env["MINTD_HOME"] ?? "." },
  test: {
    // A limit for what hangs, not for what is slow.
    mocha: { timeout: 120_000 },
    // A fixed seed: a red run is red again. FUZZ_RUNS raises the effort, FUZZ_SEED changes the path.
    solidity: {
      fuzz: { runs: Number(process.env.FUZZ_RUNS ?? 128), seed: process.env.FUZZ_SEED ?? "0x6d696e7464" },
      invariant: { runs: Math.ceil(Number(process.env.FUZZ_RUNS ?? 128) / 8), depth: 64, failOnRevert: true },
    },
  },
  networks: {
    // In this process, gone with it; the tests' and `--network default`.
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    // Stands in for anvil where a platform has none; `npm start` starts it.
    node: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "osaka",
      chainId: 31337,
      blockGasLimit: 60_000_000n,
      allowBlocksWithSameTimestamp: true,
      mining: { auto: false, interval: 1_000 * Number(process.env["MINTD_LOCAL_BLOCK_TIME"] ?? 1) },
    },
    // A real node on this machine; `npm start` starts it.
    local: {
      type: "http",
      chainType: "l1",
      chainId: 31337,
      url: `http://127.0.0.1:${process.env["MINTD_LOCAL_PORT"] ?? "8545"}`,
      accounts: localAccounts,
    },
    mainnet: publicNetwork("mainnet", 1),
    sepolia: publicNetwork("sepolia", 11155111),
    base: publicNetwork("base", 8453),
    baseSepolia: publicNetwork("baseSepolia", 84532),
  },
  tasks: [...tasks, build],
});
