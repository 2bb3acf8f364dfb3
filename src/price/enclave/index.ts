/** Where the median of a report is computed, and what vouches for that place. */
export type { Aggregated, Attestation, Enclave } from "./enclave.ts";
export { LocalEnclave } from "./local-enclave.ts";
