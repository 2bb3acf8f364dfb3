/** Prices that sources signed: quotes, what they agree on, and the inputs of the circuit that proves it. Pure. */
export { aggregate, type Aggregation, type CircuitInputs, isSignedBy, type PriceRequest } from "./aggregate.ts";
export { agreedPrice, lowerMedian, type Terms, withinDeviation } from "./agree.ts";
export { assetIdOf, assetSymbol, assetSymbolForm } from "./asset.ts";
export { isSourceKey, type Signature, type SourceKey, type SourceSigner, sourceSigner, SUBGROUP_ORDER, verifies } from "./eddsa.ts";
export { type ProofContext, proofContext } from "./context.ts";
export { assertSourcesFor, developmentSources } from "./development-sources.ts";
export * from "./errors.ts";
export { fileText, readQuotes, readReport, readSources, type ReportFile, reportText } from "./files.ts";
export { packReport, type PublicInputs, publicSignals, quotedFrom, type Report, unpackReport } from "./public-inputs.ts";
export { assertQuorumFits, howToChangeTerms, majorityOf, misfitWords, QuorumDoesNotFit, quorumFits, usualQuorum } from "./quorum.ts";
export { type Quote, quoteMessage, signQuote } from "./quote.ts";
export { refusalCodes, refusalWords } from "./refusal-words.ts";
export {
  aggregateFor,
  type AssetTerms,
  type PriceReport,
  proofWords,
  type ProofWords,
  reportOf,
  requestAt,
  type ReportRequest,
  type RequestParts,
} from "./report.ts";
export { poseidonChain, sourcesRoot } from "./sources.ts";
export { FIELD, fits, QUOTE_DOMAIN, widths } from "./widths.ts";
