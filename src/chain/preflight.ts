import { AbiCoder, id } from "ethers";
import type { OrderBook } from "../order/index.ts";
import type { EventStore } from "../store/index.ts";
import { type Deployment, type MinterName, minterOf } from "./deployment.ts";
import { ChainMismatch, GenesisMismatch, InsufficientFunds, LaneMissing, NoCodeAtAddress, SignerNotAuthorised } from "./errors.ts";
import { genesisHash } from "./genesis.ts";
import { l1DataFee } from "./fees/l1-fee.ts";
import { readLane } from "./lane/lane-ledger.ts";
import type { Lanes } from "./lane/lanes.ts";
import { networkOf } from "./networks.ts";
import { batch, type Rpc, RpcRefused } from "./rpc/rpc.ts";

/**
 * The chain is the one that the deployment and the store are about.
 * @throws ChainMismatch, GenesisMismatch; nothing was written then
 */
export async function checkChain(rpc: Rpc, deployment: Deployment): Promise<void> {
  const chainId = Number(await rpc.request<string>("eth_chainId", []));
  if (chainId !== deployment.chainId) throw new ChainMismatch(deployment.chainId, chainId);
  const genesis = await genesisHash(rpc);
  if (genesis !== deployment.genesisHash) {
    throw new GenesisMismatch(deployment.genesisHash, genesis, `deployments/${deployment.network}`);
  }
}

const selector = (signature: string): string => id(signature).slice(0, 10);

/** The minter is there and lets this signer sign. @throws NoCodeAtAddress, SignerNotAuthorised */
export async function checkMinter(rpc: Rpc, deployment: Deployment, minter: MinterName, signer: string): Promise<void> {
  const { address } = minterOf(deployment, minter);
  const code = await rpc.request<string>("eth_getCode", [address, "latest"]);
  if (code === "0x") throw new NoCodeAtAddress(minter, address, deployment.network);
  const data = selector("isSigner(address)") + AbiCoder.defaultAbiCoder().encode(["address"], [signer]).slice(2);
  const answer = await rpc.request<string>("eth_call", [{ to: address, data }, "latest"]).catch((error: unknown) => {
    const reverted = error instanceof RpcRefused && /revert/i.test(error.message); // it has code, but not this contract's
    if (reverted) throw new NoCodeAtAddress(minter, address, deployment.network);
    throw error;
  });
  if (BigInt(answer) !== 1n) throw new SignerNotAuthorised(signer, address, deployment.network);
}

/** Size of a transaction with one order, rounded up. */
const smallestBatchBytes = 1_024;

/**
 * At least one lane can pay for a batch of one order at the present price, its publication on L1 included; the others wait
 * for funds by themselves.
 * @throws InsufficientFunds
 * for funds by themselves. @throws InsufficientFunds
 */
export async function checkFunds(rpc: Rpc, lanes: readonly string[], chainId: number, batchGas: number): Promise<void> {
  const calls = lanes.map((lane) => ({ method: "eth_getBalance", params: [lane, "latest"] }));
  const [gasPrice, ...balances] = await batch<string>(rpc, [{ method: "eth_gasPrice", params: [] }, ...calls]);
  const { l1FeeOracle } = networkOf(chainId);
  const l1Fee = l1FeeOracle === undefined ? 0n : await l1DataFee(rpc, l1FeeOracle, smallestBatchBytes);
  const needed = BigInt(gasPrice ?? "0x0") * BigInt(batchGas) + l1Fee;
  const richest = balances.map(BigInt).reduce((most, balance) => (balance > most ? balance : most), 0n);
  if (richest >= needed) return;
  const lane = lanes[balances.findIndex((balance) => BigInt(balance) === richest)] ?? "";
  throw new InsufficientFunds(lane, networkOf(chainId).name, richest, needed);
}

/**
 * Every lane that still has orders on their way is among the lanes of this run: nobody else can say what became of them.
 * @throws LaneMissing
 */
export async function lanesInUse(store: EventStore, book: OrderBook, chainId: number, lanes: Lanes): Promise<void> {
  const carriers = [...book.open()].flatMap(({ carrier, inclusion }) => (carrier && !inclusion && !lanes.of(carrier.lane) ? carrier : []));
  for (const address of new Set(carriers.map(({ lane }) => lane))) {
    const { open } = await readLane(store, chainId, address);
    if (carriers.some(({ lane, nonce }) => lane === address && open.has(nonce))) throw new LaneMissing(address, open.size);
  }
}

/** Gas that a transaction may use here: never more than the block or EIP-7825 allow. */
export async function transactionGasLimit(rpc: Rpc, wanted: number): Promise<number> {
  const block = await rpc.request<{ gasLimit: string }>("eth_getBlockByNumber", ["latest", false]);
  return Math.min(wanted, 2 ** 24, Number(block.gasLimit));
}
