import { expect } from "chai";
import { createPublicClient, createWalletClient, http, type PublicClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { anvil } from "viem/chains";
import { type DurableNonceManager, durableNonceManager, KeyReused, NonceGiven } from "../../../src/durable/viem.ts";
import { failure } from "../store/expectations.ts";
import { keyAt, receiver, seed, usualFaults, World } from "./world.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

async function nonceManager(world: World): Promise<DurableNonceManager> {
  const nonces = durableNonceManager({ store: await world.store(), pollMs: 20 });
  world.onEnd(() => nonces.close());
  return nonces;
}

async function durable(world: World) {
  const nonces = await nonceManager(world);
  const account = nonces.account(privateKeyToAccount(keyAt(0)));
  const transport = http(world.proxy.url);
  const wallet = createWalletClient({ account, chain: anvil, transport, pollingInterval: 20 }).extend(nonces.actions);
  const reader: PublicClient = createPublicClient({ chain: anvil, transport, pollingInterval: 20 });
  return { nonces, account, wallet, reader };
}

describe(`durableNonceManager, account and client (DURABLE_SEED=${seed})`, () => {
  it("sends a transaction as viem does", async () => {
    await using world = await World.open();
    const { wallet, reader } = await durable(world);
    const hash = await wallet.sendTransaction({ to: receiver(1), value: 1n });
    expect((await reader.waitForTransactionReceipt({ hash })).status).to.equal("success");
  });

  it("gives 50 sends at once dense nonces", async () => {
    await using world = await World.open({ blockTime: 0.05 });
    const { wallet, account, nonces } = await durable(world);
    const hashes = await Promise.all(numbers(50).map((n) => wallet.sendTransaction({ to: receiver(n), value: 1n })));
    const lane = await nonces.lane(wallet);
    await Promise.all(hashes.map((hash) => lane.included({ hash })));
    const mined = await world.minedOf(account.address);
    expect(mined.map(({ nonce }) => Number(nonce))).to.deep.equal(numbers(50));
    expect(new Set(mined.map(({ to }) => to)).size).to.equal(50);
  });

  it("sends each of 100 once through an endpoint that rejects, forgets and lies, without keys", async () => {
    await using world = await World.open({ blockTime: 0.05 });
    const { wallet, account, nonces } = await durable(world);
    world.proxy.beginAnew(usualFaults);
    const hashes = await Promise.all(numbers(100).map((n) => wallet.sendTransaction({ to: receiver(n), value: 1n })));
    const lane = await nonces.lane(wallet);
    await Promise.all(hashes.map((hash) => lane.included({ hash })));
    const mined = await world.minedOf(account.address);
    expect(mined.map(({ to }) => to).sort()).to.deep.equal(numbers(100).map(receiver).sort());
    expect(mined.map(({ hash }) => hash).sort()).to.deep.equal([...hashes].sort());
  });

  it("returns the recorded hash for a key that was used before, and refuses it for other content", async () => {
    await using world = await World.open();
    const { wallet, account } = await durable(world);
    const order = account.once("order-17");
    const hash = await wallet.sendTransaction({ account: order, to: receiver(1), value: 1n });
    expect(await wallet.sendTransaction({ account: account.once("order-17"), to: receiver(1), value: 1n })).to.equal(hash);
    await failure("KEY_REUSED", wallet.sendTransaction({ account: order, to: receiver(1), value: 2n }));
    expect(await world.minedOf(account.address)).to.have.length(1);
  });
  void [KeyReused, NonceGiven];
});
