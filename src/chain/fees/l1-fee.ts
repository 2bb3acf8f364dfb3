import { AbiCoder, id } from "ethers";
import { type Rpc, RpcRefused, toQuantity } from "../rpc/rpc.ts";

const selector = (signature: string): string => id(signature).slice(0, 10);

/**
 * What an OP-stack chain charges at most for publishing a transaction on its L1, wei, beside the gas.
 * Source: OP-stack GasPriceOracle: getL1FeeUpperBound since the Fjord upgrade, getL1Fee before it, here asked for bytes
 * that do not compress, so that it is an upper bound too.
 *
 * @param oracle address of the chain's GasPriceOracle
 * @param bytes size of the signed transaction
 * @returns 0 where no such contract is, e.g. on a copy of the chain's id without its contracts
 * @throws RpcUnanswered, RpcRefused
 */
export async function l1DataFee(rpc: Rpc, oracle: string, bytes: number): Promise<bigint> {
  const ask = (data: string) => rpc.request<string>("eth_call", [{ to: oracle, data }, "latest"]);
  const answer = await ask(selector("getL1FeeUpperBound(uint256)") + toQuantity(bytes).slice(2).padStart(64, "0")).catch(
    (error: unknown) => {
      if (!(error instanceof RpcRefused)) throw error;
      return ask(
        selector("getL1Fee(bytes)") +
          AbiCoder.defaultAbiCoder()
            .encode(["bytes"], [new Uint8Array(bytes).fill(0xff)])
            .slice(2),
      );
    },
  );
  return answer === "0x" ? 0n : BigInt(answer);
}
