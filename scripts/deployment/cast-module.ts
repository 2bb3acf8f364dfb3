import { buildModule } from "@nomicfoundation/ignition-core";
import { id } from "ethers";
import { assetIdOf } from "../../src/price/index.ts";
import { roles } from "./mint-module.ts";

/** Besides the roles of the mint contracts: what a vote decides. */
export const governor = 4n;

/** Seconds that what has passed waits in the timelock. */
export const timelockSeconds = 2 * 24 * 60 * 60;

/** Ether as collateral: 150 %, 10 % for who liquidates, 1 % a year; its price is asset ETH, in US dollars. A vote changes them. */
const etherTerms = {
  ...{ assetId: assetIdOf("ETH"), ratioBps: 15_000, liquidationBonusBps: 1_000, feeBpsPerYear: 100 },
  ...{ maxPriceAgeSeconds: 3_600, ceilingCast: 10_000_000, floorCast: 100 },
};

const selectors = (signatures: readonly string[]): string[] => signatures.map((signature) => id(signature).slice(0, 10));
const terms = "(uint64,uint16,uint16,uint16,uint16,uint40,uint24)";

/** Who may call what. The guardian can only stop things, at once; what starts or changes them is the governor's. */
const permissions: Readonly<Record<string, Partial<Record<keyof typeof roles | "governor", readonly string[]>>>> = {
  prices: {
    governor: [
      "register((bytes32,bytes32,bytes32,bytes32,bytes32,bytes32),address)",
      "activate(bytes32)",
      "deprecate(bytes32,uint40)",
      "setTerms(uint64,(uint8,uint16,uint16,uint16))",
      "setSources(uint64,bytes32,uint256)",
    ],
    guardian: ["freeze(bytes32)", "removeSources(uint64,bytes32)"],
  },
  vault: {
    governor: [
      `addCollateral(address,${terms})`,
      "setRatio(address,uint16)",
      "setLimits(address,uint40,uint24)",
      "setCharges(address,uint16,uint16)",
      "setMaxPriceAge(address,uint16)",
      "unpause(address)",
      "pauseFor(address,uint32)",
      "collectFees(address)",
    ],
    guardian: ["pause(address)"],
  },
  castMinter: {
    signerAdmin: ["grantSigner(address)"],
    guardian: ["revokeSigner(address)", "cancel(uint256,uint256)"],
  },
};

/**
 * Circuits, prices, vault, the minter of cast tokens and the vote over them, under the AccessManager of the mint contracts.
 * The timelock is governor from the start, and the deployer beside it until it gives that away.
 */
export default buildModule("Cast", (m) => {
  const admin = m.getAccount(0);
  const manager = m.contractAt("AccessManager", m.getParameter<string>("manager"));
  // Every chain but a local one has its own.
  const weth = m.contractAt("WrappedEther", m.getParameter<string>("weth"));
  const prices = m.contract("ProvenPrices", [manager]);
  const vault = m.contract("CollateralVault", [
    manager,
    prices,
    weth,
    m.getParameter("name", "mintd cast"),
    m.getParameter("symbol", "CAST"),
  ]);
  const castToken = m.contractAt("CastToken", m.staticCall(vault, "cast"));
  const castMinter = m.contract("CastMinter", [manager, vault]);
  m.call(castMinter, "nameCollateral", [weth]);
  const governanceToken = m.contract("GovernanceToken", [admin]);
  const stakes = m.contract("StakedVotes", [governanceToken]);
  const anybody = "0x0000000000000000000000000000000000000000";
  const timelock = m.contract("TimelockController", [timelockSeconds, [], [anybody], admin]);
  const mintGovernor = m.contract("MintGovernor", [stakes, timelock]);
  const proposer = m.call(timelock, "grantRole", [id("PROPOSER_ROLE"), mintGovernor], { id: "propose" });
  const canceller = m.call(timelock, "grantRole", [id("CANCELLER_ROLE"), mintGovernor], { id: "cancel" });
  m.call(timelock, "renounceRole", [`0x${"0".repeat(64)}`, admin], { id: "renounce", after: [proposer, canceller] });
  m.call(manager, "grantRole", [governor, timelock, 0], { id: "grant_timelock" });
  const granted = m.call(manager, "grantRole", [governor, admin, 0], { id: "grant_admin" });
  m.call(vault, "addCollateral", [weth, etherTerms], { after: [granted] });
  const targets = { prices, vault, castMinter };
  for (const [target, byRole] of Object.entries(permissions)) {
    for (const [role, signatures] of Object.entries(byRole)) {
      const number = role === "governor" ? governor : roles[role as keyof typeof roles];
      m.call(manager, "setTargetFunctionRole", [targets[target as keyof typeof targets], selectors(signatures), number], {
        id: `${target}_${role}`,
      });
    }
  }
  return { weth, prices, vault, castToken, castMinter, governanceToken, stakes, timelock, mintGovernor };
});
