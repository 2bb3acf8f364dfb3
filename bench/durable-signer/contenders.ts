import { JsonRpcProvider, NonceManager, Wallet } from "ethers";
import { createPublicClient, createWalletClient, http, nonceManager } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { anvil } from "viem/chains";
import { DurableSigner } from "../../src/durable/ethers.ts";
import { durableNonceManager } from "../../src/durable/viem.ts";
import { openSqliteStore } from "../../src/store/index.ts";

export interface Setting {
  readonly url: string;
  readonly privateKey: `0x${string}`;
  readonly storePath: string;
  /** How often a library looks for a new block, in milliseconds. */
  readonly pollMs: number;
}

export interface Caller {
  /** Sends one wei and resolves when the receipt is there. */
  send(to: `0x${string}`): Promise<void>;
  /** Before the caller tries again. */
  reset?(): void;
  close(): Promise<void>;
}

export interface Contender {
  readonly title: string;
  /** How often its caller calls again after an error. */
  readonly retries: number;
  open(setting: Setting): Promise<Caller>;
}

const value = 1n;
const provider = ({ url, pollMs }: Setting): JsonRpcProvider =>
  new JsonRpcProvider(url, anvil.id, { staticNetwork: true, pollingInterval: pollMs });

/** As ethers' documentation has it. */
function withNonceManager(setting: Setting): Promise<Caller> {
  const own = provider(setting);
  const signer = new NonceManager(new Wallet(setting.privateKey, own));
  return Promise.resolve({
    async send(to) {
      await (await signer.sendTransaction({ to, value })).wait();
    },
    reset() {
      signer.reset();
    },
    close() {
      own.destroy();
      return Promise.resolve();
    },
  });
}

/** As viem's documentation has it. Its manager keeps what it knows of an account by the chain's id: each run has the same account. */
function withViem(setting: Setting): Promise<Caller> {
  const account = privateKeyToAccount(setting.privateKey, { nonceManager });
  nonceManager.reset({ address: account.address, chainId: anvil.id });
  const shared = { chain: anvil, transport: http(setting.url), pollingInterval: setting.pollMs };
  const wallet = createWalletClient({ ...shared, account });
  const reader = createPublicClient(shared);
  return Promise.resolve({
    async send(to) {
      await reader.waitForTransactionReceipt({ hash: await wallet.sendTransaction({ to, value }) });
    },
    close: () => Promise.resolve(),
  });
}

async function withDurableSigner(setting: Setting): Promise<Caller> {
  const own = provider(setting);
  const store = await openSqliteStore({ path: setting.storePath });
  const signer = new DurableSigner(new Wallet(setting.privateKey, own), { store, pollMs: setting.pollMs });
  return {
    async send(to) {
      await (await signer.sendTransaction({ to, value })).wait();
    },
    async close() {
      await signer.close();
      await store.close();
      own.destroy();
    },
  };
}

async function withDurableNonceManager(setting: Setting): Promise<Caller> {
  const store = await openSqliteStore({ path: setting.storePath });
  const nonces = durableNonceManager({ store, pollMs: setting.pollMs });
  const account = nonces.account(privateKeyToAccount(setting.privateKey));
  const wallet = createWalletClient({ account, chain: anvil, transport: http(setting.url) }).extend(nonces.actions);
  return {
    async send(to) {
      const hash = await wallet.sendTransaction({ to, value });
      await (await nonces.lane(wallet)).included({ hash });
    },
    async close() {
      await nonces.close();
      await store.close();
    },
  };
}

export const contenders: readonly Contender[] = [
  { title: "ethers NonceManager", retries: 0, open: withNonceManager },
  { title: "ethers NonceManager, 5 retries", retries: 5, open: withNonceManager },
  { title: "viem nonceManager", retries: 0, open: withViem },
  { title: "viem nonceManager, 5 retries", retries: 5, open: withViem },
  { title: "DurableSigner", retries: 0, open: withDurableSigner },
  { title: "durableNonceManager", retries: 0, open: withDurableNonceManager },
];
