import { Interface } from "ethers";
import type { Rpc } from "../../../src/chain/index.ts";
import { toQuantity } from "../../../src/chain/rpc/rpc.ts";

/** A mint as the canonical chain has it. */
export interface Mint {
  readonly orderId: string;
  readonly to: string;
  readonly quantity: number;
  readonly number: string;
  readonly block: number;
  readonly blockHash: string;
  readonly logIndex: number;
  readonly txHash: string;
}

/** What the chain says, without a word of the service. */
export interface ChainFacts {
  readonly tip: number;
  /** In the order of the chain. */
  readonly mints: readonly Mint[];
  /** Tokens that the token contract itself created, by receiver. */
  readonly created: ReadonlyMap<string, number>;
  /** Nonce of each lane in the newest block. */
  readonly nonces: ReadonlyMap<string, number>;
}

interface Log {
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly logIndex: string;
  readonly transactionHash: string;
}

/** Written down here once more: an audit that decoded with the service's own code would share its mistakes. */
const events = new Interface([
  "event Minted(bytes32 indexed orderId, address indexed to, uint256 firstTokenId, uint256 quantity, uint64 txCount)",
  "event Transfer(address indexed from, address indexed to, uint256 indexed tokenId)",
]);
const nobody = "0x0000000000000000000000000000000000000000";

/** Reads every block from the node itself. */
export async function readChain(rpc: Rpc, minter: string, lanes: readonly string[]): Promise<ChainFacts> {
  const tip = Number(await rpc.request<string>("eth_blockNumber", []));
  const logs = await rpc.request<Log[]>("eth_getLogs", [{ address: minter, fromBlock: "0x0", toBlock: toQuantity(tip) }]);
  const canonical = new Map<number, string>();
  for (const number of new Set(logs.map(({ blockNumber }) => Number(blockNumber)))) {
    const block = await rpc.request<{ hash: string }>("eth_getBlockByNumber", [toQuantity(number), false]);
    canonical.set(number, block.hash);
  }
  const mints: Mint[] = [];
  const created = new Map<string, number>();
  for (const log of logs) {
    const block = Number(log.blockNumber);
    if (canonical.get(block) !== log.blockHash) throw new Error(`the node gave a log of block ${log.blockHash}, which is not canonical`);
    const event = events.parseLog({ topics: [...log.topics], data: log.data });
    if (event?.name === "Transfer" && event.args["from"] === nobody) {
      const to = String(event.args["to"]);
      created.set(to, (created.get(to) ?? 0) + 1);
    }
    if (event?.name === "Minted") {
      const { orderId, to, quantity, txCount } = event.args.toObject() as Record<string, unknown>;
      const { blockHash, transactionHash: txHash } = log;
      const where = { block, blockHash, logIndex: Number(log.logIndex), txHash };
      mints.push({ orderId: String(orderId), to: String(to), quantity: Number(quantity), number: String(txCount), ...where });
    }
  }
  const nonces = new Map<string, number>();
  for (const lane of lanes) nonces.set(lane, Number(await rpc.request<string>("eth_getTransactionCount", [lane, "latest"])));
  return { tip, mints: mints.sort((a, b) => a.block - b.block || a.logIndex - b.logIndex), created, nonces };
}
