/** Who mints, and how it is set up. */
export interface Contender {
  /** For the command line. */
  readonly name: string;
  readonly title: string;
  readonly library: "ethers" | "viem" | "mintd";
  /** How often the caller sends a mint anew whose call ended in an error. */
  readonly retries: number;
  /** Accounts that send. */
  readonly lanes: number;
  /** Most mints in one transaction. */
  readonly maxItems: number;
}

const plain = { retries: 0, lanes: 1, maxItems: 1 };

export const contenders: readonly Contender[] = [
  { ...plain, name: "ethers", title: "ethers NonceManager", library: "ethers" },
  { ...plain, name: "ethers-retry", title: "ethers, 5 retries", library: "ethers", retries: 5 },
  { ...plain, name: "viem", title: "viem nonceManager", library: "viem" },
  { ...plain, name: "viem-retry", title: "viem, 5 retries", library: "viem", retries: 5 },
  { ...plain, name: "mintd-1", title: "mintd, 1 lane, no batches", library: "mintd" },
  { ...plain, name: "mintd-8", title: "mintd, 8 lanes, no batches", library: "mintd", lanes: 8 },
  { ...plain, name: "mintd-8-batch", title: "mintd, 8 lanes, batches", library: "mintd", lanes: 8, maxItems: 200 },
];
