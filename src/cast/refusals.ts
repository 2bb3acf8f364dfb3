import { formatEther, formatUnits, Interface, type Result } from "ethers";
import type { MintdError } from "../error.ts";
import { foreignText, visible } from "../foreign-text.ts";
import { ReportRejected } from "../price/index.ts";
import { ContractRefused } from "./errors.ts";

/** What the contracts that the tasks call may refuse with. */
export const refusals = new Interface([
  "error ZeroAmount()",
  "error InvalidReceiver(address to)",
  "error TransferMismatch(address collateral, uint256 received, uint256 wanted)",
  "error InsufficientCollateral(address collateral, uint256 held, uint256 wanted)",
  "error DebtCeilingExceeded(address collateral, uint256 debtD18, uint256 ceilingD18)",
  "error DebtBelowFloor(address collateral, uint256 debtD18, uint256 floorD18)",
  "error InsufficientlyCovered(address collateral, uint256 amount, uint256 debtD18, uint256 price, uint256 ratioBps)",
  "error PriceTooOld(uint64 assetId, uint256 timestamp, uint256 maxAgeSeconds)",
  "error PositionHealthy(address collateral, address account)",
  "error EtherRefused(address to, uint256 amount)",
  "error CollateralUnknown(address collateral)",
  "error PausedCollateral(address collateral)",
  "error RatioTooLow(uint256 ratioBps, uint256 boundBps)",
  "error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)",
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
  "error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)",
  "error AccessManagedUnauthorized(address caller)",
  "error AccessManagerUnauthorizedAccount(address msgsender, uint64 roleId)",
  "error AccessManagerNotScheduled(bytes32 operationId)",
  "error AccessManagerNotReady(bytes32 operationId)",
  "error AccessManagerExpired(bytes32 operationId)",
  "error AccessManagerAlreadyScheduled(bytes32 operationId)",
  "error AccessManagerLockedRole(uint64 roleId)",
  "error CollateralExists(address collateral)",
  "error PauseTooSoon(address collateral, uint256 possibleFrom)",
  "error NothingToCollect(int256 surplusD18)",
  "error OverlapTooLong(uint40 overlapSeconds, uint40 maxSeconds)",
  "error InvalidSigner(address signer)",
  "error PriceProofRejected(uint8 code)",
  "error CircuitAlreadyRegistered(bytes32 circuitId)",
  "error CircuitHasStatus(bytes32 circuitId, uint8 status)",
  "error CircuitExpired(bytes32 circuitId, uint40 usableUntil)",
  "error VerifierCodeChanged(bytes32 circuitId, address verifier, bytes32 registered, bytes32 present)",
  "error DigestMissing(uint256 place)",
  "error TermsOutOfRange((uint8 quorum, uint16 maxDeviationBps, uint16 maxAgeSeconds, uint16 maxDelaySeconds) terms)",
  "error SourcesRootOutOfRange(uint256 sourcesRoot)",
  "error VerifierWithoutCode(address verifier)",
  "error TotalStakeTooLow(uint256 staked, uint256 needed)",
  "error TargetNotGoverned(address target)",
  "error GovernorRestrictedProposer(address proposer)",
  "error GovernorInsufficientProposerVotes(address proposer, uint256 votes, uint256 threshold)",
  "error GovernorUnexpectedProposalState(uint256 proposalId, uint8 current, bytes32 expectedStates)",
  "error GovernorNonexistentProposal(uint256 proposalId)",
  "error GovernorAlreadyCastVote(address voter)",
  "error TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates)",
  "error Error(string message)",
  "error Panic(uint256 number)",
]);

type Words = readonly [words: string, hint?: string];

/** Indexed as OpenZeppelin's IGovernor.ProposalState. */
export const proposalStates = ["Pending", "Active", "Canceled", "Defeated", "Succeeded", "Queued", "Expired", "Executed"] as const;

const big = (args: Result, i: number): bigint => args[i] as bigint;
const cast = (args: Result, i: number): string => `${formatEther(big(args, i))} cast tokens`;
const percent = (bps: bigint): string => `${formatUnits(bps, 2)} %`;

const words: Readonly<Record<string, (args: Result) => Words>> = {
  ZeroAmount: () => ["the amount is zero", "give an amount above 0"],
  InvalidReceiver: (args) => [`${String(args[0])} must not receive`],
  TransferMismatch: (args) => [
    `the token ${String(args[0])} moved ${big(args, 1)} where it was told to move ${big(args, 2)}`,
    "a token that takes fees is no collateral",
  ],
  InsufficientCollateral: (args) => [
    `the position holds ${big(args, 1)} of the collateral's smallest units, and ${big(args, 2)} were asked for`,
    "withdraw less, or --amount all",
  ],
  DebtCeilingExceeded: (args) => [
    `all positions of the collateral would owe ${cast(args, 1)}, above the ceiling of ${cast(args, 2)}`,
    "mint less, or wait until others repay or governance raises the ceiling",
  ],
  DebtBelowFloor: (args) => [
    `the position would owe ${cast(args, 1)}, and a debt must be at least ${cast(args, 2)}`,
    "mint more, or liquidate all of it or a smaller part",
  ],
  InsufficientlyCovered: (args) => [
    `the collateral at a price of ${formatUnits(big(args, 3), 8)} would not be worth ${percent(big(args, 4))} of a debt of ${cast(args, 2)}`,
    "put in more collateral (cast:open), repay, or take less",
  ],
  PriceTooOld: (args) => [
    big(args, 1) === 0n
      ? `there is no price of asset ${big(args, 0)}`
      : `the price of asset ${big(args, 0)} is of ${isoOf(big(args, 1))}, and may be ${big(args, 2)} s old`,
    "post a newer price, then run the command again",
  ],
  PositionHealthy: (args) => [`the position of ${String(args[1])} is covered, so nobody may liquidate it`],
  EtherRefused: (args) => [`${String(args[0])} did not take the ether`, "take it as wrapped ether: --collateral weth"],
  CollateralUnknown: (args) => [`the vault does not take ${String(args[0])}`, "npx hardhat pool:show lists what it takes"],
  PausedCollateral: (args) => [`${String(args[0])} is paused`, "deposits and repaying go on; the rest waits until the pause ends"],
  RatioTooLow: (args) => [
    `a ratio of ${percent(big(args, 0))} is not above ${percent(big(args, 1))}: debt, bonus and gap of a liquidation`,
  ],
  SafeCastOverflowedUintDowncast: () => ["the amount is larger than the contract can count", "give a smaller amount"],
  ERC20InsufficientBalance: (args) => [
    // Any token may say so, of any decimals.
    `${String(args[0])} has ${big(args, 1)} of the token's smallest units, and ${big(args, 2)} are needed`,
    "get more of them, or give a smaller amount",
  ],
  ERC20InsufficientAllowance: (args) => [
    `${String(args[0])} may move ${big(args, 1)} of the token's smallest units, and ${big(args, 2)} are needed`,
  ],
  AccessManagedUnauthorized: (args) => [
    `${String(args[0])} has no role that may do this`,
    "whoever has it must send this, as npx hardhat roles:show names; what the timelock may can be proposed: npx hardhat gov:propose",
  ],
  AccessManagerUnauthorizedAccount: (args) => [`${String(args[0])} has no role ${big(args, 1)}`, "npx hardhat roles:show names who has"],
  AccessManagerNotScheduled: () => ["it is not announced: it was cancelled, or done already", "run the command again"],
  PauseTooSoon: (args) => [`${String(args[0])} was paused, and may be again from ${isoOf(big(args, 1))} on`],
  TotalStakeTooLow: (args) => [
    `${formatEther(big(args, 0))} are staked in all, and a vote needs ${formatEther(big(args, 1))}`,
    "stake more: npx hardhat gov:stake",
  ],
  TargetNotGoverned: (args) => [`${String(args[0])} is the governor or the timelock, and how a majority is formed is not voted on`],
  GovernorRestrictedProposer: (args) => [`${String(args[0])} may not propose it: its words end with another account, whose it is`],
  GovernorInsufficientProposerVotes: (args) => [
    `${String(args[0])} has ${formatEther(big(args, 1))} votes, and proposing needs ${formatEther(big(args, 2))}`,
    "stake more: npx hardhat gov:stake; it counts from the next second on",
  ],
  GovernorUnexpectedProposalState: (args) => [
    `the proposal ${big(args, 0)} is ${proposalStates[Number(args[1])] ?? "in an unknown state"}`,
    "npx hardhat gov:show tells what is possible when; the same proposal again needs another --reason",
  ],
  GovernorNonexistentProposal: (args) => [`there is no proposal ${big(args, 0)}`],
  GovernorAlreadyCastVote: (args) => [`${String(args[0])} has voted already, and a vote stands`],
  TimelockUnexpectedOperationState: () => ["the timelock does not hold it ready", "npx hardhat gov:show tells from when on it does"],
  Error: (args) => [`it says '${foreignText(String(args[0]))}'`],
  Panic: (args) => [`it panicked with 0x${big(args, 0).toString(16)}`],
};

/** Unix seconds as 2026-01-01T00:00:00Z. */
export const isoOf = (seconds: bigint): string => new Date(Number(seconds) * 1_000).toISOString().replace(".000", "");

/**
 * What a revert's data says, in words. Data that no contract of mintd gives is told as it is, and of text, which anybody may have
 * written, nothing is hidden.
 */
export function refusalOf(data: string, said: string, txHash?: string): MintdError {
  const parsed = data.length >= 10 ? refusals.parseError(data) : null;
  if (parsed?.name === "PriceProofRejected") return new ReportRejected(Number(parsed.args[0]), txHash);
  const [text, hint] = parsed
    ? (words[parsed.name]?.(parsed.args) ?? [parsed.args.map(String).join(", ")])
    : [data.length > 2 ? `${said}, data ${data}` : said];
  return new ContractRefused(parsed?.name ?? "", visible(text), hint, txHash);
}
