import { Contract, type ContractTransactionResponse, JsonRpcProvider, NonceManager, Wallet } from "ethers";
import { callForEach } from "./callers.ts";
import { firstLane, idOf, type Job, keyAt, type Line, plainAbi, receiverOf } from "./protocol.ts";

/** As ethers' documentation has it: a NonceManager around a Wallet, the call, then `wait`. */
export async function mintWithEthers(job: Job, line: Line): Promise<void> {
  const provider = new JsonRpcProvider(job.url, job.chainId, { staticNetwork: true, pollingInterval: job.pollMs });
  const signer = new NonceManager(new Wallet(keyAt(firstLane), provider));
  const mint = new Contract(job.plainMinter, plainAbi, signer).getFunction("mint");
  const warm = async (): Promise<void> => {
    await line.warm();
    signer.reset(); // the second instance's warm-up moved the account on; viem reads its nonce anew by itself
  };
  await callForEach(job, { ...line, warm }, async (number) => {
    try {
      const sent = (await mint(receiverOf(number), idOf(number))) as ContractTransactionResponse;
      await sent.wait();
    } catch (error) {
      if (job.contender.retries > 0) signer.reset(); // or its counter stays ahead of the account for good
      throw error;
    }
  });
  provider.destroy();
}
