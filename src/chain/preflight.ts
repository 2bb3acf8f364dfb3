import { AbiCoder, id } from "ethers";
import type { EventStore } from "../store/index.ts";
import type { Deployment, MinterName } from "./deployment.ts";
import { ChainMismatch, GenesisMismatch, InsufficientFunds, NoCodeAtAddress, SignerNotAuthorised } from "./errors.ts";
import { l1DataFee } from "./fees/l1-fee.ts";
import { networkOf } from "./networks.ts";
import { type Rpc, RpcRefused } from "./rpc/rpc.ts";

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

/** Hash of block 0. */
export async function genesisHash(rpc: Rpc): Promise<string> {
  const block = await rpc.request<{ hash: string } | null>("eth_getBlockByNumber", ["0x0", false]);
  return block?.hash ?? "none";
}

/**
 * A store belongs to one chain for life: its nonces and blocks mean nothing on another.
 * @throws GenesisMismatch
 */
export async function bindStore(store: EventStore, deployment: Deployment): Promise<void> {
  const stream = `chain/${deployment.chainId}`;
  for await (const { data } of store.read(stream)) {
    const recorded = (data as { genesisHash: string }).genesisHash;
    if (recorded !== deployment.genesisHash) throw new GenesisMismatch(recorded, deployment.genesisHash, "the store");
    return;
  }
  await store.append([{ stream, expected: 0, events: [{ kind: "bound", data: { genesisHash: deployment.genesisHash } }] }]);
}

const selector = (signature: string): string => id(signature).slice(0, 10);

/** The minter is there and lets this signer sign. @throws NoCodeAtAddress, SignerNotAuthorised */
export async function checkMinter(rpc: Rpc, deployment: Deployment, minter: MinterName, signer: string): Promise<void> {
  const { address } = deployment.contracts[minter];
  const code = await rpc.request<string>("eth_getCode", [address, "latest"]);
  if (code === "0x") throw new NoCodeAtAddress(minter, address, deployment.network);
  const data = selector("isSigner(address)") + AbiCoder.defaultAbiCoder().encode(["address"], [signer]).slice(2);
  const answer = await rpc.request<string>("eth_call", [{ to: address, data }, "latest"]).catch((error: unknown) => {
    if (error instanceof RpcRefused) throw new NoCodeAtAddress(minter, address, deployment.network);
    throw error;
  });
  if (BigInt(answer) !== 1n) throw new SignerNotAuthorised(signer, address, deployment.network);
}

/** Size of a transaction with one order, rounded up. */
const smallestBatchBytes = 1_024;

/** The lane can pay for a batch of one order at the present price, its publication on L1 included. @throws InsufficientFunds */
export async function checkFunds(rpc: Rpc, lane: string, chainId: number, batchGas: number): Promise<void> {
  const { l1FeeOracle } = networkOf(chainId);
  const [balance, gasPrice, l1Fee] = await Promise.all([
    rpc.request<string>("eth_getBalance", [lane, "latest"]),
    rpc.request<string>("eth_gasPrice", []),
    l1FeeOracle === undefined ? 0n : l1DataFee(rpc, l1FeeOracle, smallestBatchBytes),
  ]);
  const needed = BigInt(gasPrice) * BigInt(batchGas) + l1Fee;
  if (BigInt(balance) < needed) throw new InsufficientFunds(lane, networkOf(chainId).name, BigInt(balance), needed);
}

/** Gas that a transaction may use here: never more than the block or EIP-7825 allow. */
export async function transactionGasLimit(rpc: Rpc, wanted: number): Promise<number> {
  const block = await rpc.request<{ gasLimit: string }>("eth_getBlockByNumber", ["latest", false]);
  return Math.min(wanted, 2 ** 24, Number(block.gasLimit));
}
