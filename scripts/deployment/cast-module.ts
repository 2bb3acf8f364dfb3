import { buildModule } from "@nomicfoundation/ignition-core";
import { id } from "ethers";
import { assetIdOf } from "../../src/price/index.ts";
import { castPermissions, grantsOf, roles } from "./permissions.ts";

/** Seconds that what has passed waits in the timelock. */
export const timelockSeconds = 2 * 24 * 60 * 60;

/**
 * Ether as collateral: 150 %, 10 % for who liquidates, 1 % a year; its price is asset ETH, in US dollars. A vote changes them.
 * A price of ten minutes serves mints and liquidations alike, so whoever has a position sees to it that prices are posted.
 */
const etherTerms = {
  ...{ assetId: assetIdOf("ETH"), ratioBps: 15_000, liquidationBonusBps: 1_000, feeBpsPerYear: 100 },
  ...{ maxPriceAgeSeconds: 600, ceilingCast: 10_000_000, floorCast: 100 },
};

/**
 * Circuits, prices, vault, the minter of cast tokens and the vote over them, under the AccessManager of the mint contracts.
 * The timelock is governor from the start, and the deployer beside it, who is admin as well, until `roles:handover`.
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
  m.call(manager, "grantRole", [roles.governor, timelock, 0], { id: "grant_timelock" });
  const granted = m.call(manager, "grantRole", [roles.governor, admin, 0], { id: "grant_admin" });
  m.call(vault, "addCollateral", [weth, etherTerms], { after: [granted] });
  for (const [name, target] of Object.entries({ prices, vault, castMinter })) {
    for (const { role, selectors } of grantsOf(castPermissions[name as keyof typeof castPermissions])) {
      m.call(manager, "setTargetFunctionRole", [target, selectors, roles[role]], { id: `${name}_${role}` });
    }
  }
  return { weth, prices, vault, castToken, castMinter, governanceToken, stakes, timelock, mintGovernor };
});
