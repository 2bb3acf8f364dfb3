import { type Interface, isError, type Signer } from "ethers";
import { revertData, type Rpc, RpcRefused } from "../../src/chain/index.ts";
import { MintdError } from "../../src/error.ts";
import { ReportRejected } from "../../src/price/index.ts";

/** A contract does not do what was asked for, in its own words. Nothing was sent, or it changed nothing. */
export class ContractRefused extends MintdError {
  readonly code = "CONTRACT_REFUSED";
  constructor(call: string, words: string) {
    super(`${call}: the contract refuses: ${words}`, {
      hint: "see what the name says; AccessManagedUnauthorized: the account has not the role, and who has it must send this",
    });
  }
}

/** Who sends, over which chain. */
export interface Sending {
  readonly rpc: Rpc;
  readonly signer: Signer;
}

export interface Call {
  readonly address: string;
  readonly contract: Interface;
  readonly name: string;
  readonly args: readonly unknown[];
}

export interface Sent {
  readonly hash: string;
  readonly block: number;
  readonly gasUsed: bigint;
}

/**
 * Sends a call once it was seen to succeed, and waits until it is in a block.
 * @throws ReportRejected, ContractRefused
 */
export async function transact({ rpc, signer }: Sending, { address, contract, name, args }: Call): Promise<Sent> {
  const data = contract.encodeFunctionData(name, [...args]);
  const from = await signer.getAddress();
  const tried = async (block: string): Promise<void> => {
    await rpc.request("eth_call", [{ from, to: address, data }, block]).catch((error: unknown) => {
      throw refusalIn(error, contract, name) ?? error;
    });
  };
  await tried("pending"); // what counts from the next block on counts
  const sent = await signer.sendTransaction({ to: address, data });
  const receipt = await sent.wait().catch((error: unknown) => {
    if (!isError(error, "CALL_EXCEPTION")) throw error;
    return null;
  });
  if (receipt === null) {
    await tried("latest"); // says why, where it still holds
    throw new ContractRefused(name, `transaction ${sent.hash} reverted`);
  }
  return { hash: sent.hash, block: receipt.blockNumber, gasUsed: receipt.gasUsed };
}

function refusalIn(error: unknown, contract: Interface, call: string): MintdError | undefined {
  const data = error instanceof RpcRefused ? revertData(error) : undefined;
  if (data === undefined) return undefined;
  const parsed = contract.parseError(data);
  if (parsed?.name === "PriceProofRejected") return new ReportRejected(Number(parsed.args[0]));
  const words = parsed ? `${parsed.name}(${parsed.args.map(String).join(", ")})` : data === "0x" ? "no reason" : data.slice(0, 10);
  return new ContractRefused(call, words);
}
