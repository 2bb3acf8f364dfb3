import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type TransactionRequest, Wallet } from "ethers";
import { laneStream, readLane } from "../../../src/chain/lane/lane-ledger.ts";
import { DurableSigner } from "../../../src/durable/ethers.ts";
import { openSqliteStore } from "../../../src/store/index.ts";
import { collect, failure } from "../store/expectations.ts";
import { keyAt, receiver, seed, usualFaults, World } from "./world.ts";

describe(`DurableSigner (DURABLE_SEED=${seed})`, () => {
  it("sends a transaction as a Wallet does, and waits for it", async () => {
    await using world = await World.open();
    const signer = await world.signer();
    const sent = await signer.sendTransaction({ to: receiver(1), value: 1n });
    expect((await sent.wait())?.hash).to.equal(sent.hash);
    expect(await signer.provider.getBalance(receiver(1))).to.equal(1n);
    expect(await world.minedOf(await signer.getAddress())).to.have.length(1);
  });

  it("gives 50 sends at once dense nonces", async () => {
    await using world = await World.open({ blockTime: 0.05 });
    const signer = await world.signer();
    const sent = await Promise.all(Array.from({ length: 50 }, (_, n) => signer.sendTransaction({ to: receiver(n), value: 1n })));
    await Promise.all(sent.map((each) => each.wait()));
    expect(sent.map(({ nonce }) => nonce).sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 50 }, (_, n) => n));
    const mined = await world.minedOf(await signer.getAddress());
    expect(new Set(mined.map(({ to }) => to)).size).to.equal(50);
    expect(mined).to.have.length(50);
  });

  it("sends each of 100 once through an endpoint that rejects, forgets and lies, without keys", async () => {
    await using world = await World.open({ blockTime: 0.05 });
    const signer = await world.signer();
    world.proxy.beginAnew(usualFaults);
    const sent = await Promise.all(Array.from({ length: 100 }, (_, n) => signer.sendTransaction({ to: receiver(n), value: 1n })));
    await Promise.all(sent.map((each) => each.wait()));
    const mined = await world.minedOf(await signer.getAddress());
    expect(mined.map(({ to }) => to).sort()).to.deep.equal(Array.from({ length: 100 }, (_, n) => receiver(n)).sort());
    expect(mined.map(({ hash }) => hash).sort(), "what was mined is what was recorded").to.deep.equal(sent.map(({ hash }) => hash).sort());
  });

  it("refuses a nonce that the caller chose, and kinds of transactions that cannot be sent again; nothing is recorded", async () => {
    await using world = await World.open();
    const signer = await world.signer();
    const request = { to: receiver(1), value: 1n };
    await failure("NONCE_GIVEN", signer.sendTransaction({ ...request, nonce: 0 }));
    await failure("UNSUPPORTED_TRANSACTION", signer.sendTransaction({ ...request, type: 3 }));
    await failure("UNSUPPORTED_TRANSACTION", signer.sendTransaction({ ...request, blobs: ["0x00"] }));
    await failure("UNSUPPORTED_TRANSACTION", signer.sendTransaction({ ...request, authorizationList: [] }));
    await failure(
      "PROVIDER_UNSUITABLE",
      Promise.resolve().then(() => signer.connect(null)),
    );
    expect(await signer.pending()).to.deep.equal([]);
    const { nonce } = await signer.sendTransaction(request);
    expect(nonce).to.equal(0);
  });

  it("refuses what its signer signed otherwise than it was asked; nothing is recorded", async () => {
    await using world = await World.open();
    const wallet = new Wallet(keyAt(0), world.provider());
    const otherwise = Object.assign(Object.create(wallet) as Wallet, {
      signTransaction: (request: TransactionRequest) => wallet.signTransaction({ ...request, ...change }),
    });
    const signer = new DurableSigner(otherwise, { store: await world.store() });
    world.onEnd(() => signer.close());
    let change: TransactionRequest = {};
    for (const each of [{ nonce: 7 }, { chainId: 1 }, { to: receiver(2) }, { value: 2n }, { data: "0x00" }]) {
      change = each;
      await failure("SIGNED_OTHERWISE", signer.sendTransaction({ to: receiver(1), value: 1n, gasLimit: 50_000 }));
    }
    expect(await signer.pending()).to.deep.equal([]);
  });

  it("signs legacy and EIP-2930 transactions as well, and replaces them as what they are", async () => {
    await using world = await World.open({ noMining: true });
    const signer = await world.signer();
    const price = { gasPrice: 10n ** 11n, gasLimit: 30_000n };
    const accessList = [{ address: receiver(5), storageKeys: [] }];
    const sent = [
      await signer.sendTransaction({ to: receiver(0), value: 1n, type: 0, ...price }),
      await signer.sendTransaction({ to: receiver(1), value: 1n, type: 1, accessList, ...price }),
    ];
    const replaced = [await signer.replace(0), await signer.replace(1)];
    expect(replaced.map(({ type }) => type)).to.deep.equal([0, 1]);
    expect(replaced[1]?.accessList).to.deep.equal(sent[1]?.accessList);
    const waits = Promise.all(sent.map((each) => each.wait()));
    await world.anvil.mineWhile(waits, 1);
    expect((await waits).map((receipt) => receipt?.hash)).to.deep.equal(replaced.map(({ hash }) => hash));
  });

  it("tells wait's time-out as ethers does, and goes on", async () => {
    await using world = await World.open({ noMining: true });
    const signer = await world.signer();
    const sent = await signer.sendTransaction({ to: receiver(0), value: 1n });
    const timedOut = await sent.wait(1, 50).catch((error: unknown) => error);
    expect(timedOut).to.have.property("code", "TIMEOUT");
    await world.anvil.mineWhile(sent.wait(3), 1);
  });

  it("shares an account's nonces between all signers of it, and its store with nobody", async () => {
    await using world = await World.open();
    const [one, two] = [await world.signer(), await world.signer()];
    const sent = await Promise.all([one, two, one, two].map((each, n) => each.sendTransaction({ to: receiver(n), value: 1n })));
    expect(sent.map(({ nonce }) => nonce).sort()).to.deep.equal([0, 1, 2, 3]);
    await one.close();
    await (await two.sendTransaction({ to: receiver(5), value: 1n })).wait();
    await failure("STORE_IN_USE", openSqliteStore({ path: world.path }));
    await two.close();
    await failure("DURABLE_CLOSED", two.sendTransaction({ to: receiver(6), value: 1n }));
  });

  it("keeps its ledger as mintd keeps a lane's, readable beside it", async () => {
    await using world = await World.open({ noMining: true });
    const signer = await world.signer();
    const plain = await signer.sendTransaction({ to: receiver(1), value: 1n });
    const keyed = await signer.once("order-1").sendTransaction({ to: receiver(2), value: 1n });
    await using reader = await world.reader();
    const lane = await readLane(reader.store, 31_337, await signer.getAddress());
    const works = [...lane.open.values()].map(({ nonce, attempts: [{ hash, orderIds }] }) => [nonce, hash, ...orderIds]);
    expect(works).to.deep.equal([
      [0, plain.hash, `tx:${plain.hash}`],
      [1, keyed.hash, "key:order-1"],
    ]);
    expect(lane.nextNonce).to.equal(2);
    const everything = JSON.stringify(await collect(reader.store.readAll(0)));
    expect(everything).to.not.contain(keyAt(0).slice(2));
  });

  it("leaves the ledger of a mintd service alone", async () => {
    await using world = await World.open();
    const [store, { address }] = [await world.store(), new Wallet(keyAt(0))];
    const fees = { maxFeePerGas: "100", maxPriorityFeePerGas: "1" };
    const attempt = { nonce: 0, hash: "0x01", raw: "0x02", gasLimit: 21_000, orderIds: ["0x5f"], ...fees };
    const events = [{ kind: "attempted", data: attempt }];
    await store.append([{ stream: laneStream(31_337, address), expected: 0, events }]);
    const signer = await world.signer();
    await failure("LANE_OF_SERVICE", signer.resume());
    await failure("LANE_OF_SERVICE", signer.sendTransaction({ to: receiver(1), value: 1n }));
    expect(await store.head()).to.equal(1);
  });

  it("keeps no process alive: one that sent and waits for nothing ends by itself", async () => {
    await using world = await World.open({ noMining: true });
    const program = `
      import { JsonRpcProvider, Wallet } from "ethers";
      import { DurableSigner } from ${JSON.stringify(import.meta.resolve("../../../src/durable/ethers.ts"))};
      import { openSqliteStore } from ${JSON.stringify(import.meta.resolve("../../../src/store/index.ts"))};
      const store = await openSqliteStore({ path: ${JSON.stringify(world.path)} });
      const signer = new DurableSigner(new Wallet(${JSON.stringify(keyAt(0))}, new JsonRpcProvider(${JSON.stringify(world.proxy.url)})), { store });
      console.log((await signer.sendTransaction({ to: ${JSON.stringify(receiver(1))}, value: 1n })).hash);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, "close")) as [number];
    expect(code).to.equal(0);
    expect(output).to.match(/^0x[0-9a-f]{64}\n$/);
    const signer = await world.signer();
    expect((await signer.pending()).map(({ hashes: [hash] }) => `${hash ?? ""}\n`)).to.deep.equal([output]);
    await world.anvil.mineWhile(signer.settled(), 16);
    expect(await world.minedOf(await signer.getAddress())).to.have.length(1);
  });
});
