import { durableNonceManager } from "mintd/viem";
import { openSqliteStore } from "mintd/store";
import { createWalletClient, defineChain, http, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const chain = defineChain({
  id: Number(process.env.CHAIN_ID),
  name: "any",
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
  rpcUrls: { default: { http: [process.env.RPC_URL] } },
});
const store = await openSqliteStore({ path: process.env.STORE ?? "nonces.db" });
const nonces = durableNonceManager({ store });
const account = nonces.account(privateKeyToAccount(process.env.PRIVATE_KEY));
const wallet = createWalletClient({ account, chain, transport: http() }).extend(nonces.actions);

// Run it twice, or kill it half way and run it again: the order is paid once.
await wallet.sendTransaction({ account: account.once("order-17"), to: process.env.RECEIVER, value: parseEther("0.1") });
const lane = await nonces.lane(wallet);
const { hash } = await lane.included({ key: "order-17" });
console.log(`order-17 is paid by ${hash}`);

await nonces.close();
await store.close();
