import { MintdError } from "../error.ts";

/** Fewest of so many sources of which no two disjoint halves exist. */
export const majorityOf = (size: number): number => Math.floor(size / 2) + 1;

/** Above half, and one more for each sixth of the others, which may then be wrong or silent: 2 of 3, 5 of 7, 10 of 14, 14 of 21. */
export const usualQuorum = (size: number): number => majorityOf(size) + Math.floor((size - 1) / 6);

/** Whether an asset's quorum goes with a circuit of so many sources: above half of them, and not above all. */
export const quorumFits = (quorum: number, size: number): boolean => quorum >= majorityOf(size) && quorum <= size;

/** That it does not. */
export const misfitWords = (assetId: bigint, quorum: number, size: number): string =>
  `the quorum of asset ${assetId.toString()} is ${quorum}, and a circuit of ${size} sources needs ${majorityOf(size)} to ${size}`;

/** For errors about terms that are held. */
export const howToChangeTerms =
  "terms hold for every circuit of an asset: take a circuit that they fit, or change them first with setTerms of ProvenPrices: " +
  "npx hardhat gov:propose --call ProvenPrices.setTerms; docs/circuits.md says in which order";

/**
 * An asset's quorum is not above half of a circuit's sources, so that two disjoint groups of them could prove two prices, or
 * above all of them, so that none could; or a proposal would leave it so. Nothing was sent or proven.
 */
export class QuorumDoesNotFit extends MintdError {
  readonly code = "QUORUM_DOES_NOT_FIT";
  constructor(assetId: bigint, quorum: number, size: number, hint = howToChangeTerms) {
    super(misfitWords(assetId, quorum, size), { hint });
  }
}

/**
 * The contract knows no sizes: who registers and who proves must hold a quorum to the circuit's.
 * @throws QuorumDoesNotFit
 */
export function assertQuorumFits(assetId: bigint, quorum: number, size: number): void {
  if (!quorumFits(quorum, size)) throw new QuorumDoesNotFit(assetId, quorum, size);
}
