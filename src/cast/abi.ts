import { Interface } from "ethers";

/** As `contracts/vault/interfaces/ICollateralVault.sol` has it. */
export const vaultAbi = new Interface([
  "function deposit(address collateral, address account, uint256 amount)",
  "function depositETH(address account) payable",
  "function mintCast(address collateral, uint256 amountD18, address to)",
  "function repay(address collateral, address account, uint256 maxAmountD18) returns (uint256 repaidD18)",
  "function withdraw(address collateral, uint256 amount, address to)",
  "function withdrawETH(uint256 amount, address to)",
  "function liquidate(address collateral, address account, uint256 maxRepayD18) returns (uint256 repaidD18, uint256 seized)",
  "function setRatio(address collateral, uint16 ratioBps)",
  "function positionOf(address collateral, address account) view returns (uint256 amount, uint256 debtD18)",
  "function debtOf(address collateral) view returns (uint256)",
  "function surplus() view returns (int256)",
  "function collaterals() view returns (address[])",
  "function paused(address collateral) view returns (bool)",
  "function liquidationRatioBps(address collateral) view returns (uint256)",
  `function termsOf(address collateral) view returns (tuple(uint64 assetId, uint16 ratioBps, uint16 liquidationBonusBps,
    uint16 feeBpsPerYear, uint16 maxPriceAgeSeconds, uint40 ceilingCast, uint24 floorCast))`,
  "event CastMinted(address indexed collateral, address indexed account, address indexed to, uint256 amountD18, uint256 debtD18)",
  `event Liquidated(address indexed collateral, address indexed account, address indexed liquidator, uint256 repaidD18,
    uint256 seized, uint256 lossD18)`,
]);

export const feedAbi = new Interface([
  "function latestPrice(uint64 assetId) view returns (uint64 price, uint40 timestamp, uint40 blockNumber)",
]);

export const tokenAbi = new Interface([
  "function approve(address spender, uint256 amount) returns (bool)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function balanceOf(address account) view returns (uint256)",
  "function decimals() view returns (uint8)",
  "function symbol() view returns (string)",
]);

/** OpenZeppelin's Governor, as far as a vote needs it. */
export const governorAbi = new Interface([
  "function propose(address[] targets, uint256[] values, bytes[] calldatas, string description) returns (uint256 proposalId)",
  "function castVote(uint256 proposalId, uint8 support) returns (uint256 weight)",
  "function queue(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) returns (uint256)",
  "function execute(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) payable returns (uint256)",
  "function getProposalId(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) view returns (uint256)",
  "function state(uint256 proposalId) view returns (uint8)",
  "function proposalSnapshot(uint256 proposalId) view returns (uint256)",
  "function proposalDeadline(uint256 proposalId) view returns (uint256)",
  "function proposalEta(uint256 proposalId) view returns (uint256)",
  "function proposalVotes(uint256 proposalId) view returns (uint256 against, uint256 inFavour, uint256 abstained)",
  "function hasVoted(uint256 proposalId, address account) view returns (bool)",
  "function QUORUM() view returns (uint256)",
  "function MAJORITY_BPS() view returns (uint256)",
  `event ProposalCreated(uint256 proposalId, address proposer, address[] targets, uint256[] values, string[] signatures,
    bytes[] calldatas, uint256 voteStart, uint256 voteEnd, string description)`,
]);

export const stakesAbi = new Interface([
  "function stake(uint256 amount)",
  "function stakeOf(address account) view returns (uint256)",
  "function getVotes(address account) view returns (uint256)",
]);
