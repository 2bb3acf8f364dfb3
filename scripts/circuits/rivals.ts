import { isOpen, type Proposal } from "../../src/cast/index.ts";
import { MintdError } from "../../src/error.ts";
import { quorumFits } from "../../src/price/index.ts";
import { assetCallsIn } from "./asset-calls.ts";
import type { PricesCalled } from "./prices-call.ts";
import type { PriceTerms } from "./terms.ts";

/** Another open proposal and this one would give an asset a quorum that does not fit all its circuits. Nothing was sent. */
export class ProposalsClash extends MintdError {
  readonly code = "PROPOSALS_CLASH";
  constructor(assetId: bigint, id: string, problem: string) {
    super(`open proposal ${id} does not go with this one for asset ${assetId}: ${problem}`, {
      hint: "wait until it is executed or defeated (npx hardhat gov:show), and run this again; docs/circuits.md says how terms change",
    });
  }
}

/** What is to be proposed for an asset. */
export interface Planned {
  readonly assetId: bigint;
  /** How many sources the circuit takes. */
  readonly size: number;
  readonly circuitId: string;
  /** Those that it sets; undefined where it leaves what is held. */
  readonly terms: PriceTerms | undefined;
}

/**
 * The contract knows no sizes, and whatever is executed last holds: two proposals that each fit may not fit together.
 * @throws ProposalsClash
 */
export function assertNoRival(prices: PricesCalled, proposals: readonly Proposal[], planned: Planned): void {
  const { assetId, size, circuitId, terms } = planned;
  for (const { id, calls } of proposals.filter(isOpen)) {
    const own = assetCallsIn(prices, calls).filter((call) => call.assetId === assetId);
    const quorums = own.flatMap((call) => (call.name === "setTerms" ? [call.quorum] : []));
    for (const quorum of quorums) {
      const fits = quorumFits(quorum, size) && (terms === undefined || terms.quorum === quorum);
      if (!fits)
        throw new ProposalsClash(assetId, id, `it sets a quorum of ${quorum}, this one ${terms?.quorum ?? `needs one for ${size}`}`);
    }
    const [other] = own.flatMap((call) => (call.name === "setSources" && call.circuitId !== circuitId ? [call.circuitId] : []));
    if (other !== undefined && terms && quorums.length === 0) {
      throw new ProposalsClash(assetId, id, `it sets sources of circuit ${other}, and this one the quorum`);
    }
  }
}
