import { MintdError } from "../error.ts";

/** What can be done by somebody who has a signer and a store, and no mintd that runs. */
const hints: Readonly<Record<string, string>> = {
  CHAIN_MISMATCH: "connect the signer or client to an endpoint of that chain",
  GENESIS_MISMATCH: "connect to the chain that the store knows, or use a new store for a chain that was started anew",
  FINAL_BLOCKS_LOST:
    "check the endpoint first, and change nothing on a public network before you know; a development chain that lost its state needs a new store",
  FEE_CAP_REACHED: "wait until the chain is cheaper, or make a new one over the store with a higher maxFeePerGas",
};

/** Errors of the chain say what people do who run mintd; a library's caller is told what he can do. The same error, with that. */
export function hinted(error: unknown): unknown {
  if (error instanceof MintdError) error.hint = hints[error.code] ?? error.hint;
  return error;
}
