import type { Mutant } from "./mutant.ts";

/** Of contracts/governance. */
export const governanceMutants: readonly Mutant[] = [
  { name: "a majority is less", file: "contracts/governance/MintGovernor.sol", from: "MAJORITY_BPS = 6_600", to: "MAJORITY_BPS = 6_599" },
  {
    name: "abstaining reaches the quorum",
    file: "contracts/governance/MintGovernor.sol",
    from: "(, uint256 inFavour, ) = proposalVotes(proposalId);",
    to: "(, uint256 inFavour, uint256 abstained) = proposalVotes(proposalId); inFavour += abstained;",
  },
  { name: "the governor is voted on", file: "contracts/governance/MintGovernor.sol", from: "targets[i] == address(this) || ", to: "" },
  { name: "the timelock is voted on", file: "contracts/governance/MintGovernor.sol", from: " || targets[i] == timelock()", to: "" },
  { name: "only the first target is looked at", file: "contracts/governance/MintGovernor.sol", from: "i < targets.length;", to: "i < 1;" },
  {
    name: "the extension can be set",
    file: "contracts/governance/MintGovernor.sol",
    from: "(uint48) public pure override {\n        revert RulesAreFixed();",
    to: "(uint48) public pure override {",
  },
  {
    name: "the timelock can be set",
    file: "contracts/governance/MintGovernor.sol",
    from: "(TimelockController) public pure override {\n        revert RulesAreFixed();",
    to: "(TimelockController) public pure override {",
  },
  { name: "a quorum is less", file: "contracts/governance/MintGovernor.sol", from: "return QUORUM;", to: "return QUORUM - 1;" },
  {
    name: "a vote is a second shorter",
    file: "contracts/governance/MintGovernor.sol",
    from: "return PERIOD_SECONDS;",
    to: "return PERIOD_SECONDS - 1;",
  },
  {
    name: "a late quorum gives a day",
    file: "contracts/governance/MintGovernor.sol",
    from: "EXTENSION_SECONDS = 2 days",
    to: "EXTENSION_SECONDS = 1 days",
  },
  { name: "too little stake may propose", file: "contracts/governance/MintGovernor.sol", from: "if (staked < QUORUM)", to: "if (false)" },
  {
    name: "delegating to zero loses votes",
    file: "contracts/governance/StakedVotes.sol",
    from: "delegatee == address(0) ? account : delegatee",
    to: "delegatee",
  },
  {
    name: "unstaked tokens come back at once",
    file: "contracts/governance/StakedVotes.sol",
    from: "if (clock() < cooling",
    to: "if (false && clock() < cooling",
  },
  {
    name: "unstaked tokens go on voting",
    file: "contracts/governance/StakedVotes.sol",
    from: "_transferVotingUnits(msg.sender, address(0), amount);",
    to: "",
  },
  {
    name: "unstaked tokens are paid to zero",
    file: "contracts/governance/StakedVotes.sol",
    from: "if (to == address(0) || ",
    to: "if (",
  },
  {
    name: "unstaked tokens are paid to where they are",
    file: "contracts/governance/StakedVotes.sol",
    from: "to == address(this) || ",
    to: "",
  },
  {
    name: "unstaked tokens are paid to the token",
    file: "contracts/governance/StakedVotes.sol",
    from: " || to == address(token)",
    to: "",
  },
  {
    name: "fees on transfer are staked",
    file: "contracts/governance/StakedVotes.sol",
    from: "if (received != amount)",
    to: "if (received == 0)",
  },
];
