import type { Faults } from "../../test/chaos/proxy/index.ts";

/**
 * Calls of ethers and viem under way at the same time where something goes wrong. Measured with 32, 128 and 500, all at once
 * leaves both the fewest mints by far; of the others, 32 suits viem and 128 ethers (faults, mined of 500: ethers with retries
 * 328, 462, 110; viem 267, 177, 10). `--in-flight` chooses another. Where nothing goes wrong all at once is the quickest for both.
 */
const careful = 32;

/** What happens to a contender. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly faults: Partial<Faults>;
  /** Calls of ethers and viem under way at the same time; all, where it is missing. */
  readonly inFlight?: number;
  /** The process is killed when half of its transactions were sent, and another one sends what was not acknowledged. */
  readonly kill?: true;
  /** Two processes with the same key share the mints. */
  readonly instances?: 2;
  /** As many blocks are reorganised away when half of the mints are on the chain. */
  readonly reorg?: number;
}

export const scenarios: readonly Scenario[] = [
  { name: "clean", title: "nothing goes wrong", faults: {} },
  {
    name: "faults",
    title: "5 % of the calls rejected, 3 % of the responses lost, 1 % of the transactions dropped, 5 % of the reads stale",
    faults: { reject: 0.05, loseResponse: 0.03, drop: 0.01, stale: 0.05 },
    inFlight: careful,
  },
  {
    name: "kill",
    title: "killed half way; what was not acknowledged is sent again by a new process",
    faults: {},
    inFlight: careful,
    kill: true,
  },
  { name: "instances", title: "two processes on one key, each with half of the mints", faults: {}, inFlight: careful, instances: 2 },
  { name: "reorg", title: "a two-block reorg half way; its transactions are forgotten", faults: {}, inFlight: careful, reorg: 2 },
];
