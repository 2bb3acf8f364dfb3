/** What mintd needs to know of a network besides its endpoint. */
export interface Network {
  readonly chainId: number;
  readonly name: string;
  /** Usual time between blocks. */
  readonly blockTimeMs: number;
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
}

/** Where every OP-stack chain has its GasPriceOracle. */
const l1FeeOracle = "0x420000000000000000000000000000000000000F";

const known: readonly Network[] = [
  { chainId: 1, name: "mainnet", blockTimeMs: 12_000, pollMs: 2_000, laneWindow: 16, explorer: "https://etherscan.io", isPublic: true },
  {
    chainId: 11_155_111,
    name: "sepolia",
    blockTimeMs: 12_000,
    pollMs: 2_000,
    laneWindow: 16,
    explorer: "https://sepolia.etherscan.io",
    isPublic: true,
  },
  {
    chainId: 8_453,
    name: "base",
    blockTimeMs: 2_000,
    pollMs: 500,
    laneWindow: 16,
    explorer: "https://basescan.org",
    l1FeeOracle,
    isPublic: true,
  },
  {
    chainId: 84_532,
    name: "baseSepolia",
    blockTimeMs: 2_000,
    pollMs: 500,
    laneWindow: 16,
    explorer: "https://sepolia.basescan.org",
    l1FeeOracle,
    isPublic: true,
  },
  { chainId: 31_337, name: "local", blockTimeMs: 1_000, pollMs: 100, laneWindow: 512, isPublic: false },
];

/** The network of a chain id; an unknown one is treated as a public chain of 12 s blocks. */
export function networkOf(chainId: number): Network {
  return (
    known.find((network) => network.chainId === chainId) ?? {
      chainId,
      name: `chain ${chainId}`,
      blockTimeMs: 12_000,
      pollMs: 1_000,
      laneWindow: 16,
      isPublic: true,
    }
  );
}
