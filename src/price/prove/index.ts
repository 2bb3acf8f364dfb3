/** Groth16 proofs of prices: keys that may be used, proofs that hold, and provers that make them. */
export { developmentSecrets, isDevelopmentKey } from "./development.ts";
export * from "./errors.ts";
export { type KeyFacts, readKey } from "./key-file.ts";
export { type PoolOptions, type ProverFiles, openSnarkjsProver } from "./snarkjs-prover.ts";
export { nativeProgram, type NativeProverOptions, openNativeProver, openProver } from "./native-prover.ts";
export { ProofCache } from "./proof-cache.ts";
export type { ProveOptions, Proven, Prover, ProvingStage } from "./prover.ts";
export { assertKeyFor, assertSafeKey, assertSafeVerifyingKey } from "./safe-key.ts";
export { verifyProof } from "./verify.ts";
export { type WitnessInputs, WitnessProgram, wireAt } from "./witness-program.ts";
export { type G1, type G2, type Proof, toSnarkjsKey, toSnarkjsProof, type VerifyingKey } from "./verifying-key.ts";
