import type { BlockTimes } from "../nonce/clock/index.ts";

/** What mintd needs to know of a network besides its endpoint. */
export interface Network {
  readonly chainId: number;
  readonly name: string;
  /** Usual time between blocks. */
  readonly blockTimeMs: number;
  /** When blocks are made and shown, for the clock. */
  readonly blockTimes: BlockTimes;
  /** How often the head is asked for. */
  readonly pollMs: number;
  /** Transactions of one account that may wait in a node's pool: public nodes keep 16 for sure, a local one as many as come. */
  readonly laneWindow: number;
  /** Explorer, without a slash at the end; undefined where there is none. */
  readonly explorer?: string;
  /** The OP-stack contract that knows the fee for publishing on L1; undefined where there is none. */
  readonly l1FeeOracle?: string;
  /** Public: money is at stake and keys are the user's. */
  readonly isPublic: boolean;
  /** Whether its blocks come from one sequencer, which may stop; undefined where nobody here knows. */
  readonly isRollup?: boolean;
}

/** Where every OP-stack chain has its GasPriceOracle. */
const l1FeeOracle = "0x420000000000000000000000000000000000000F";

/**
 * Ethereum: 12 s slots that begin in real time. What is published: 98 % of the blocks reach a node within 4 s of the slot's
 * start (Cortes and Psaras, "Gossipsub Message Propagation Latency", ethresear.ch/t/19982, 2024), 95 % within 3.3 s, of which
 * the network takes 0.8 s or less ("An analysis of attestation timings in a 6 s slot", ethresear.ch/t/23016, 2025); proposers
 * ask for their block 0.3 to 0.5 s after the start (bloXroute at ETHDenver 2023). Two shapes go through these points, a
 * lognormal delay of median 1.52 s and a floor of 0.4 s with a lognormal tail of median 1.1 s; their p10 is 0.83 and 0.92 s.
 *
 * Assumed: the endpoint's p10 is within 0.2 s of 0.9 s. Nodes of one continent may be 0.6 s before those of another (19982):
 * where your endpoint is far from the core of the network, set `clock.sources`.
 */
const ethereum: BlockTimes = {
  slotMs: 12_000,
  window: 64,
  delayMs: 900,
  delayOffMs: 200,
  noiseMs: 450,
  keepsSlots: true,
  looksMs: [-600, -220, -60, 100, 450, 1_200, 2_500, 5_000, 8_000],
};

/**
 * Base: 2 s slots from one sequencer, which begins to seal a block 50 ms before its timestamp (`sealingDuration` of op-node)
 * and passes it on. Heads come 2.00 s apart, p99 2.10 s, to whoever is subscribed at the sequencer (openchainbench.com, 2026);
 * public endpoints add what their caches take, answers of 0.25 to 0.33 s at the median with a tail of seconds (krabarena.com,
 * 2026). That is a floor of 60 ms with a lognormal tail of median 190 ms, of which the p10 is 140 ms.
 *
 * Assumed: the endpoint's p10 is within 0.1 s of 0.14 s.
 */
const base: BlockTimes = {
  slotMs: 2_000,
  window: 128,
  delayMs: 140,
  delayOffMs: 100,
  noiseMs: 90,
  keepsSlots: true,
  looksMs: [-90, -20, 60, 220, 500, 900, 1_400],
};

/** One node on this machine is the chain: a block is what its time is, and is seen as soon as one looks. */
const local: BlockTimes = {
  slotMs: 1_000,
  window: 64,
  delayMs: 5,
  delayOffMs: 50,
  noiseMs: 20,
  keepsSlots: false,
  looksMs: [],
};

const known: readonly Network[] = [
  {
    chainId: 1,
    name: "mainnet",
    blockTimeMs: 12_000,
    blockTimes: ethereum,
    pollMs: 2_000,
    laneWindow: 16,
    explorer: "https://etherscan.io",
    isPublic: true,
    isRollup: false,
  },
  {
    chainId: 11_155_111,
    name: "sepolia",
    blockTimeMs: 12_000,
    blockTimes: ethereum,
    pollMs: 2_000,
    laneWindow: 16,
    explorer: "https://sepolia.etherscan.io",
    isPublic: true,
    isRollup: false,
  },
  {
    chainId: 8_453,
    name: "base",
    blockTimeMs: 2_000,
    blockTimes: base,
    pollMs: 500,
    laneWindow: 16,
    explorer: "https://basescan.org",
    l1FeeOracle,
    isPublic: true,
    isRollup: true,
  },
  {
    chainId: 84_532,
    name: "baseSepolia",
    blockTimeMs: 2_000,
    blockTimes: base,
    pollMs: 500,
    laneWindow: 16,
    explorer: "https://sepolia.basescan.org",
    l1FeeOracle,
    isPublic: true,
    isRollup: true,
  },
  {
    chainId: 31_337,
    name: "local",
    blockTimeMs: 1_000,
    blockTimes: local,
    pollMs: 100,
    laneWindow: 512,
    isPublic: false,
    isRollup: false,
  },
];

/** The network of a chain id; an unknown one is treated as a public chain of 12 s blocks. */
export function networkOf(chainId: number): Network {
  return (
    known.find((network) => network.chainId === chainId) ?? {
      chainId,
      name: `chain ${chainId}`,
      blockTimeMs: 12_000,
      // Nobody measured when it shows its blocks: only time sources bring the bound below 500 ms.
      blockTimes: { ...ethereum, delayMs: 1_500, delayOffMs: 1_500, looksMs: [] },
      pollMs: 1_000,
      laneWindow: 16,
      isPublic: true,
    }
  );
}
