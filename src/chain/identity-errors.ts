import { MintdError } from "../error.ts";
import { networkOf } from "./networks.ts";

/** The endpoint serves another chain than is expected. */
export class ChainMismatch extends MintdError {
  readonly code = "CHAIN_MISMATCH";
  /** @param endpoint its host, where there are several */
  constructor(expected: number, actual: number, endpoint?: string) {
    const who = endpoint === undefined ? "the endpoint" : `the endpoint ${endpoint}`;
    super(`${who} serves chain ${actual} (${networkOf(actual).name}), expected was ${expected} (${networkOf(expected).name})`, {
      hint: "point the network's RPC URL at the right chain",
    });
  }
}

/** Same chain id, other genesis: a chain that was started anew. */
export class GenesisMismatch extends MintdError {
  readonly code = "GENESIS_MISMATCH";
  constructor(recorded: string, actual: string, where: string) {
    super(`this is another chain than the one in ${where}: its genesis is ${actual}, recorded was ${recorded}`, {
      hint: "bring the recorded chain back, or begin anew beside it with: npm start -- --fresh",
    });
  }
}

/** The chain no longer has blocks that were final. No order is touched: what was paid for may be gone. */
export class FinalBlocksLost extends MintdError {
  readonly code = "FINAL_BLOCKS_LOST";
  constructor(block: number, recordedHash: string, actual: string) {
    super(`block ${block} was final as ${recordedHash}, but the chain now ${actual}`, {
      hint: "a local chain that lost its state: bring the state back, or begin anew with: npm start -- --fresh. On a public network: check the endpoint, and change nothing before you know",
    });
  }
}
