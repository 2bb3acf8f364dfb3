import { MintdError } from "../../src/error.ts";
import { assertQuorumFits, howToChangeTerms, usualQuorum } from "../../src/price/index.ts";

/** What reports of an asset must meet, as the contract has it: one set for all circuits of the asset. */
export interface PriceTerms {
  readonly quorum: number;
  readonly maxDeviationBps: number;
  readonly maxAgeSeconds: number;
  readonly maxDelaySeconds: number;
}

/** Terms of an asset that has none, where nothing else is asked for. */
export const usualTerms = (size: number): PriceTerms => ({
  quorum: usualQuorum(size),
  maxDeviationBps: 50,
  maxAgeSeconds: 60,
  maxDelaySeconds: 60,
});

/** Other terms are asked for than the asset has. Nothing was sent. */
export class TermsHeld extends MintdError {
  readonly code = "TERMS_HELD";
  constructor(assetId: bigint, differing: readonly string[]) {
    super(`asset ${assetId.toString()} has other terms than asked for: ${differing.join(", ")}`, {
      hint: `leave the option out to keep what is held; ${howToChangeTerms}`,
    });
  }
}

const words: Readonly<Record<keyof PriceTerms, string>> = {
  quorum: "quorum",
  maxDeviationBps: "deviation",
  maxAgeSeconds: "max-age",
  maxDelaySeconds: "max-delay",
};

export interface TermsWanted {
  readonly assetId: bigint;
  /** How many sources the circuit takes. */
  readonly size: number;
  /** What was asked for; what is not here may be as it is. */
  readonly asked: Partial<PriceTerms>;
}

/**
 * The terms that are to be set, or undefined where the asset has some already, which are never changed here. Pure.
 * @param held what the contract has; a quorum of 0 is none
 * @throws QuorumDoesNotFit, TermsHeld
 */
export function termsToSet(held: PriceTerms, { assetId, size, asked }: TermsWanted): PriceTerms | undefined {
  if (held.quorum === 0) {
    const terms = { ...usualTerms(size), ...asked };
    assertQuorumFits(assetId, terms.quorum, size);
    return terms;
  }
  assertQuorumFits(assetId, held.quorum, size);
  const differing = (Object.keys(words) as (keyof PriceTerms)[]).filter((name) => asked[name] !== undefined && asked[name] !== held[name]);
  if (differing.length > 0) {
    throw new TermsHeld(
      assetId,
      differing.map((name) => `${words[name]} is ${held[name]}, not ${String(asked[name])}`),
    );
  }
  return undefined;
}

/** Terms out of what the contract answers. */
export function termsFrom(held: Readonly<Record<keyof PriceTerms, bigint>>): PriceTerms {
  return {
    quorum: Number(held.quorum),
    maxDeviationBps: Number(held.maxDeviationBps),
    maxAgeSeconds: Number(held.maxAgeSeconds),
    maxDelaySeconds: Number(held.maxDelaySeconds),
  };
}
