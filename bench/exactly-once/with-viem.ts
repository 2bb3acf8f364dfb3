import { createPublicClient, createWalletClient, http, nonceManager } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { anvil } from "viem/chains";
import { callForEach } from "./callers.ts";
import { firstLane, idOf, type Job, keyAt, type Line, plainAbi, receiverOf } from "./protocol.ts";

/** As viem's documentation has it: an account with the nonceManager, writeContract, then waitForTransactionReceipt. */
export async function mintWithViem(job: Job, line: Line): Promise<void> {
  const account = privateKeyToAccount(keyAt(firstLane) as `0x${string}`, { nonceManager });
  const shared = { chain: anvil, transport: http(job.url), pollingInterval: job.pollMs };
  const wallet = createWalletClient({ ...shared, account });
  const reader = createPublicClient(shared);
  const address = job.plainMinter as `0x${string}`;
  await callForEach(job, line, async (number) => {
    const hash = await wallet.writeContract({ address, abi: plainAbi, functionName: "mint", args: [receiverOf(number), idOf(number)] });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error("reverted");
  });
}
