import { JsonRpcProvider, parseEther, Wallet } from "ethers";
import { DurableSigner } from "mintd/ethers";
import { openSqliteStore } from "mintd/store";

const provider = new JsonRpcProvider(process.env.RPC_URL);
const store = await openSqliteStore({ path: process.env.STORE ?? "nonces.db" });
const signer = new DurableSigner(new Wallet(process.env.PRIVATE_KEY, provider), { store });

// Run it twice, or kill it half way and run it again: the order is paid once.
const payment = await signer.once("order-17").sendTransaction({ to: process.env.RECEIVER, value: parseEther("0.1") });
const receipt = await payment.wait();
console.log(`order-17 is paid by ${receipt.hash} in block ${receipt.blockNumber}`);

await signer.close();
await store.close();
provider.destroy();
