/** Prices that sources signed: quotes, what they agree on, and the inputs of the circuit that proves it. Pure. */
export { aggregate, type Aggregation, type CircuitInputs, type PriceRequest } from "./aggregate.ts";
export { agreedPrice, lowerMedian, type Terms, withinDeviation } from "./agree.ts";
export { assetIdOf } from "./asset.ts";
export { isSourceKey, type Signature, type SourceKey, type SourceSigner, sourceSigner, SUBGROUP_ORDER, verifies } from "./eddsa.ts";
export { type ProofContext, proofContext } from "./context.ts";
export * from "./errors.ts";
export { packReport, type PublicInputs, publicSignals, type Report, unpackReport } from "./public-inputs.ts";
export { type Quote, quoteMessage, signQuote } from "./quote.ts";
export { poseidonChain, sourcesRoot } from "./sources.ts";
export { FIELD, fits, QUOTE_DOMAIN, widths } from "./widths.ts";
