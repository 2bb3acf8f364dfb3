/** A process that sends transfers, to be killed: tells each hash as it has it, and `done` when all of them are mined. */
import { JsonRpcProvider, Wallet } from "ethers";
import { createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { anvil } from "viem/chains";
import { DurableSigner } from "../../../src/durable/ethers.ts";
import { durableNonceManager } from "../../../src/durable/viem.ts";
import { type EventStore, openSqliteStore } from "../../../src/store/index.ts";

export interface Job {
  readonly library: "ethers" | "viem";
  readonly url: string;
  readonly path: string;
  readonly privateKey: `0x${string}`;
  readonly receivers: readonly `0x${string}`[];
  /** Without keys the process only goes on with what is recorded when `receivers` is empty. */
  readonly keyed: boolean;
}

const tell = (word: string): void => void process.stdout.write(`${word}\n`);

async function withEthers(job: Job, store: EventStore): Promise<void> {
  const provider = new JsonRpcProvider(job.url, undefined, { pollingInterval: 20, cacheTimeout: -1 });
  const signer = new DurableSigner(new Wallet(job.privateKey, provider), { store, pollMs: 20 });
  await signer.resume();
  const send = async (to: string): Promise<void> => {
    const sent = await (job.keyed ? signer.once(`to ${to}`) : signer).sendTransaction({ to, value: 1n });
    tell(sent.hash);
    await sent.wait();
  };
  await Promise.all(job.receivers.map(send));
  const lane = await signer.lane();
  await Promise.all(lane.pending().flatMap(({ hashes: [hash = ""] }) => lane.included({ hash })));
  await signer.close();
  provider.destroy();
}

async function withViem(job: Job, store: EventStore): Promise<void> {
  const nonces = durableNonceManager({ store, pollMs: 20 });
  const account = nonces.account(privateKeyToAccount(job.privateKey));
  const wallet = createWalletClient({ account, chain: anvil, transport: http(job.url), pollingInterval: 20 }).extend(nonces.actions);
  await nonces.resume(wallet);
  const lane = await nonces.lane(wallet);
  const send = async (to: `0x${string}`): Promise<void> => {
    const hash = await wallet.sendTransaction({ account: job.keyed ? account.once(`to ${to}`) : account, to, value: 1n });
    tell(hash);
    await lane.included({ hash });
  };
  await Promise.all(job.receivers.map(send));
  await Promise.all(lane.pending().flatMap(({ hashes: [hash = ""] }) => lane.included({ hash })));
  await nonces.close();
}

const [, file, described] = process.argv;
// The test runner loads every file of this folder; as a program it is named itself.
if (file === import.meta.filename && described !== undefined) {
  const job = JSON.parse(described) as Job;
  const store = await openSqliteStore({ path: job.path });
  await (job.library === "ethers" ? withEthers(job, store) : withViem(job, store));
  await store.close();
  tell("done");
}
