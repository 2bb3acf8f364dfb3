import type { Aggregation } from "../aggregate.ts";
import type { Quote } from "../quote.ts";
import type { ReportRequest } from "../report.ts";

/**
 * What vouches for the place where a report was computed.
 *
 * There is one kind yet, which says that nothing does. An attested form adds its own: a quote of the enclave whose measurements
 * (MRENCLAVE, MRSIGNER, ISVSVN, TCB status, no debug bit) an EnclaveRegistry contract holds to what governance allows, whose key
 * that contract checks on chain, and whose report data binds key, chain and contract. Whoever reads an attestation looks at `kind`.
 */
export interface Attestation {
  readonly kind: "none";
  /** For people: what it means. */
  readonly statement: string;
}

/** What quotes agree on, and what vouches for where that was computed. */
export interface Aggregated {
  readonly aggregation: Aggregation;
  readonly attestation: Attestation;
}

/**
 * Where the median of a report is computed. It sees which quotes there are; whoever runs it could hold some back. The proof
 * shows that the price is the median of those that were used, and that they are at least the quorum.
 */
export interface Enclave {
  /**
   * What quotes agree on, and the circuit's inputs that prove it.
   * @throws QuorumNotReached, DeviationTooLarge the quotes give no price
   * @throws InvalidPriceInput, InvalidSourceSet the request itself cannot be proven
   */
  aggregate(request: ReportRequest, quotes: readonly Quote[]): Promise<Aggregated>;
}
