import { expect } from "chai";
import { BaseError, createPublicClient, createWalletClient, http, parseAbi, parseTransaction, type PublicClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { anvil } from "viem/chains";
import { MintdError } from "../../../src/error.ts";
import { type DurableNonceManager, durableNonceManager } from "../../../src/durable/viem.ts";
import { failure } from "../store/expectations.ts";
import { onlyOnceAbi, onlyOnceCode } from "./contract.ts";
import { keyAt, receiver, seed, usualFaults, World } from "./world.ts";

const abi = parseAbi(onlyOnceAbi);
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
    const { wallet, account, reader } = await durable(world);
    const order = account.once("order-17");
    const hash = await wallet.sendTransaction({ account: order, to: receiver(1), value: 1n });
    expect(await wallet.sendTransaction({ account: account.once("order-17"), to: receiver(1), value: 1n })).to.equal(hash);
    await failure("KEY_REUSED", wallet.sendTransaction({ account: order, to: receiver(1), value: 2n }));
    await reader.waitForTransactionReceipt({ hash });
    expect(await world.minedOf(account.address)).to.have.length(1);
  });

  it("takes contracts and deployments under keys, also where a second call would revert", async () => {
    await using world = await World.open();
    const { wallet, account, reader } = await durable(world);
    const deploy = () => wallet.deployContract({ account: account.once("deployment"), abi, bytecode: onlyOnceCode });
    const deployment = await deploy();
    const { contractAddress } = await reader.waitForTransactionReceipt({ hash: deployment });
    expect(await deploy()).to.equal(deployment);
    const call = (key: string) =>
      wallet.writeContract({ account: account.once(key), address: contractAddress ?? "0x", abi, functionName: "call" });
    const hash = await call("mint-1");
    expect((await reader.waitForTransactionReceipt({ hash })).status).to.equal("success");
    expect(await call("mint-1")).to.equal(hash);
    expect(await failureOf(call("mint-2"))).to.be.instanceOf(BaseError);
    expect(await world.minedOf(account.address)).to.have.length(2);
  });

  it("leaves no gap where a call fails between its nonce and its signature", async () => {
    await using world = await World.open();
    const { wallet, account, reader } = await durable(world);
    const { contractAddress: to } = await reader.waitForTransactionReceipt({
      hash: await wallet.deployContract({ abi, bytecode: onlyOnceCode }),
    });
    await reader.waitForTransactionReceipt({ hash: await wallet.sendTransaction({ to }) });
    const outcomes = await Promise.allSettled(
      numbers(20).map((n) => wallet.sendTransaction(n % 2 === 0 ? { to } : { to: receiver(n), value: 1n })),
    );
    expect(outcomes.map(({ status }) => status)).to.deep.equal(numbers(20).map((n) => (n % 2 === 0 ? "rejected" : "fulfilled")));
    for (const sent of outcomes) if (sent.status === "fulfilled") await reader.waitForTransactionReceipt({ hash: sent.value });
    expect((await world.minedOf(account.address)).map(({ nonce }) => Number(nonce))).to.deep.equal(numbers(12));
  });

  it("refuses a nonce that the caller chose, and kinds of transactions that cannot be sent again", async () => {
    await using world = await World.open();
    const { wallet, nonces, account } = await durable(world);
    const request = { to: receiver(1), value: 1n };
    await failure("NONCE_GIVEN", wallet.sendTransaction({ ...request, nonce: 0 }));
    const authorization = await privateKeyToAccount(keyAt(1)).signAuthorization({ address: receiver(2), chainId: 31_337, nonce: 0 });
    await failure("UNSUPPORTED_TRANSACTION", wallet.sendTransaction({ ...request, authorizationList: [authorization] }));
    const blob = { ...request, chainId: 31_337, nonce: 0, type: "eip4844", blobs: ["0x00"], maxFeePerBlobGas: 1n } as const;
    await failure("NONCE_GIVEN", account.signTransaction(blob as never));
    const { nonce: _, ...without } = blob;
    await failure("UNSUPPORTED_TRANSACTION", account.signTransaction(without as never));
    expect((await nonces.lane(wallet)).pending()).to.deep.equal([]);
  });

  it("signs legacy and EIP-2930 transactions as well, and replaces them as what they are", async () => {
    await using world = await World.open({ noMining: true });
    const { wallet, nonces } = await durable(world);
    const price = { gasPrice: 10n ** 11n, gas: 30_000n };
    const sent = [
      await wallet.sendTransaction({ to: receiver(0), value: 1n, type: "legacy", ...price }),
      await wallet.sendTransaction({ to: receiver(1), value: 1n, type: "eip2930", accessList: [], ...price }),
    ];
    const lane = await nonces.lane(wallet);
    const replaced = [await lane.replace(0), await lane.replace(1)];
    expect(replaced.map(({ raw }) => parseTransaction(raw as `0x${string}`).type)).to.deep.equal(["legacy", "eip2930"]);
    const included = Promise.all(sent.map((hash) => lane.included({ hash })));
    await world.anvil.mineWhile(included, 1);
    expect((await included).map((each) => each?.hash)).to.deep.equal(replaced.map(({ hash }) => hash));
  });

  it("takes no answer for doubt: the hash is returned and the bytes are sent when the endpoint is back", async () => {
    await using world = await World.open();
    const { wallet, nonces, account } = await durable(world);
    await nonces.resume(wallet);
    const fees = { type: "eip1559", gas: 21_000n, maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n } as const;
    world.proxy.faults = { loseResponse: 1 };
    const hash = await wallet.sendTransaction({ to: receiver(1), value: 1n, ...fees });
    world.proxy.faults = {};
    const lane = await nonces.lane(wallet);
    expect((await lane.included({ hash }))?.hash).to.equal(hash);
    expect(await world.minedOf(account.address)).to.have.length(1);
  });

  it("gives its own errors through viem's writeContract, and sends nothing more once it is closed", async () => {
    await using world = await World.open();
    const { wallet, account, nonces } = await durable(world);
    const call = (key: string, address: `0x${string}`) =>
      wallet.writeContract({ account: account.once(key), address, abi, functionName: "call", gas: 60_000n });
    await call("mint-1", receiver(1));
    await failure("KEY_REUSED", call("mint-1", receiver(2)));
    const { sendTransaction } = createWalletClient({ account, chain: anvil, transport: http(world.proxy.url) }); // not extended
    await nonces.close();
    await failure("DURABLE_CLOSED", call("mint-2", receiver(1)));
    await failure("DURABLE_CLOSED", wallet.sendTransaction({ to: receiver(1), value: 1n }));
    const wrapped = (await failureOf(sendTransaction({ to: receiver(1), value: 1n }))) as BaseError;
    expect(wrapped.walk((each) => each instanceof MintdError)).to.have.property("code", "DURABLE_CLOSED");
    expect(await world.minedOf(account.address)).to.have.length(1);
  });

  it("lets transactions of other accounts through as they are", async () => {
    await using world = await World.open();
    const { wallet, reader } = await durable(world);
    const account = privateKeyToAccount(keyAt(1));
    const hash = await wallet.sendTransaction({ account, to: receiver(1), value: 1n, nonce: 0 });
    expect((await reader.waitForTransactionReceipt({ hash })).from).to.equal(account.address.toLowerCase());
  });
});

describe(`durableNonceManager, account alone (DURABLE_SEED=${seed})`, () => {
  it("records before viem sends, and sends itself what viem could not: its caller's error is doubt", async () => {
    await using world = await World.open({ blockTime: 0.05 });
    const nonces = await nonceManager(world);
    const account = nonces.account(privateKeyToAccount(keyAt(0)));
    const wallet = createWalletClient({ account, chain: anvil, transport: http(world.proxy.url) });
    world.proxy.beginAnew(usualFaults);
    const outcomes = await Promise.allSettled(numbers(60).map((n) => wallet.sendTransaction({ to: receiver(n), value: 1n })));
    const lane = await nonces.lane(wallet);
    await Promise.all(lane.pending().flatMap(({ hashes: [hash = ""] }) => lane.included({ hash })));
    const mined = await world.minedOf(account.address);
    expect(
      mined.map(({ nonce }) => Number(nonce)),
      "no gap",
    ).to.deep.equal(numbers(mined.length));
    expect(new Set(mined.map(({ to }) => to)).size, "none twice").to.equal(mined.length);
    const hashes = new Set(mined.map(({ hash }) => hash));
    for (const sent of outcomes) if (sent.status === "fulfilled") expect(hashes.has(sent.value), "what viem had accepted").to.equal(true);
  });
});

describe("durableNonceManager alone", () => {
  async function plain(world: World) {
    const nonces = await nonceManager(world);
    const account = privateKeyToAccount(keyAt(0), { nonceManager: nonces });
    const transport = http(world.proxy.url, { retryCount: 0 });
    const wallet = createWalletClient({ account, chain: anvil, transport });
    const reader = createPublicClient({ chain: anvil, transport, pollingInterval: 20 });
    return { nonces, account, wallet, reader };
  }

  it("gives 50 sends at once dense nonces, and goes on behind them in the next process", async () => {
    await using world = await World.open({ blockTime: 0.05 });
    for (const round of [0, 1]) {
      const { wallet, reader } = await plain(world);
      const hashes = await Promise.all(numbers(50).map((n) => wallet.sendTransaction({ to: receiver(50 * round + n), value: 1n })));
      for (const hash of hashes) await reader.waitForTransactionReceipt({ hash });
      await world.endProcess();
    }
    const mined = await world.minedOf(privateKeyToAccount(keyAt(0)).address);
    expect(mined.map(({ nonce }) => Number(nonce))).to.deep.equal(numbers(100));
  });

  it("gives a nonce out again whose call failed, unless the chain counts it", async () => {
    await using world = await World.open();
    const { wallet, reader, account } = await plain(world);
    const { contractAddress: to } = await reader.waitForTransactionReceipt({
      hash: await wallet.deployContract({ abi, bytecode: onlyOnceCode }),
    });
    await reader.waitForTransactionReceipt({ hash: await wallet.sendTransaction({ to }) });
    expect(await failureOf(wallet.sendTransaction({ to }))).to.be.instanceOf(BaseError); // reverts in its estimate
    const hash = await wallet.sendTransaction({ to: receiver(1), value: 1n });
    await reader.waitForTransactionReceipt({ hash });
    expect((await world.minedOf(account.address)).map(({ nonce }) => Number(nonce))).to.deep.equal([0, 1, 2]);
  });

  it("does not share an account with the form that sees the bytes", async () => {
    await using world = await World.open();
    const { nonces, wallet } = await plain(world);
    await wallet.sendTransaction({ to: receiver(1), value: 1n });
    const other = await nonceManager(world);
    const account = other.account(privateKeyToAccount(keyAt(0)));
    await failure("LANE_TAKEN", other.resume(wallet, account));
    await failure("LANE_TAKEN", nonces.resume(wallet, nonces.account(privateKeyToAccount(keyAt(0)))));
    await nonces.close();
    await other.resume(wallet, account);
  });
});

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => ({ resolved: value }),
    (error: unknown) => error,
  );
