import { expect } from "chai";
import { Wallet } from "ethers";
import type { DurableNotice, DurableSigner } from "../../../src/durable/ethers.ts";
import { Anvil } from "../../anvil.ts";
import { eventually } from "../../eventually.ts";
import { failure } from "../store/expectations.ts";
import { keyAt, receiver, World } from "./world.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

async function receiversOf(world: World, signer: DurableSigner): Promise<(string | null)[]> {
  return (await world.minedOf(await signer.getAddress())).map(({ to }) => to);
}

/** Sent by somebody who has the same key. */
async function foreign(world: World, nonce: number, to: string): Promise<string> {
  const raw = await new Wallet(keyAt(0)).signTransaction({
    ...{ type: 2, chainId: 31_337, nonce, to, value: 1n, gasLimit: 21_000 },
    ...{ maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n },
  });
  return world.anvil.rpc.request<string>("eth_sendRawTransaction", [raw]);
}

const pooled = (world: World): Promise<number> =>
  world.anvil.rpc.request<{ pending: string }>("txpool_status", []).then(({ pending }) => Number(pending));

describe("DurableSigner and the chain", () => {
  it("replaces a stuck transaction by the same one at 12.5 % more, and waits for whichever is mined", async () => {
    await using world = await World.open({ noMining: true });
    const signer = await world.signer();
    const [first, keyed] = [
      await signer.sendTransaction({ to: receiver(1), value: 1n }),
      await signer.once("order-2").sendTransaction({ to: receiver(2), value: 1n }),
    ];
    const wanted = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n };
    const replaced = await signer.replace(first.nonce, wanted);
    expect(replaced.nonce).to.equal(first.nonce);
    expect(replaced.maxFeePerGas).to.equal(((first.maxFeePerGas ?? 0n) * 9n + 7n) / 8n);
    expect(replaced.maxPriorityFeePerGas).to.equal(((first.maxPriorityFeePerGas ?? 0n) * 9n + 7n) / 8n);
    const dearer = await signer.replace("order-2");
    expect((await signer.pending()).map(({ hashes }) => hashes)).to.deep.equal([
      [first.hash, replaced.hash],
      [keyed.hash, dearer.hash],
    ]);
    const waits = Promise.all([first.wait(), keyed.wait()]);
    await world.anvil.mineWhile(waits, 1);
    expect((await waits).map((receipt) => receipt?.hash)).to.deep.equal([replaced.hash, dearer.hash]);
    await failure("NONCE_NOT_OPEN", signer.replace(first.nonce));
    await failure("NONCE_NOT_OPEN", signer.replace("unknown"));
    await world.anvil.mineWhile(signer.settled(), 16);
    expect((await first.wait())?.hash, "also when it is final").to.equal(replaced.hash);
    expect(await receiversOf(world, signer)).to.deep.equal([receiver(1), receiver(2)]);
  });

  it("never replaces above its cap", async () => {
    await using world = await World.open({ noMining: true });
    const signer = await world.signer(0, { maxFeePerGas: 10n ** 9n });
    const fees = { maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 1n };
    const { nonce } = await signer.sendTransaction({ to: receiver(1), value: 1n, ...fees });
    const { hint } = await failure("FEE_CAP_REACHED", signer.replace(nonce, fees));
    expect(hint, "it speaks to whoever has a signer").to.contain("a higher maxFeePerGas").and.not.contain("fees.");
  });

  it("cancels, and frees the key when the no-op is final and not before", async () => {
    await using world = await World.open({ noMining: true });
    const signer = await world.signer();
    const order = signer.once("order-1");
    const sent = await order.sendTransaction({ to: receiver(1), value: 1n });
    await signer.cancel("order-1");
    await failure("KEY_BEING_CANCELLED", order.sendTransaction({ to: receiver(1), value: 1n }));
    const cancelled = failure("TRANSACTION_CANCELLED", sent.wait());
    await world.anvil.mine();
    await eventually("the no-op is in a block", async () => (await signer.pending())[0]?.block);
    await failure("KEY_BEING_CANCELLED", order.sendTransaction({ to: receiver(1), value: 1n }));
    await world.anvil.mineWhile(signer.settled(), 16);
    await cancelled;
    const again = await order.sendTransaction({ to: receiver(1), value: 1n });
    expect(again.hash).to.not.equal(sent.hash);
    await world.anvil.mineWhile(again.wait(), 1);
    expect(await receiversOf(world, signer)).to.deep.equal([(await signer.getAddress()).toLowerCase(), receiver(1)]);
  });

  it("tells of a cancellation when it is final and not before: a reorg may have the transaction itself mined", async () => {
    await using world = await World.open({ noMining: true });
    await world.anvil.mine(10);
    const signer = await world.signer();
    const lane = await signer.lane();
    const sent = await signer.sendTransaction({ to: receiver(1), value: 1n });
    const raw = (await lane.announce(sent.hash))?.raw;
    await signer.cancel(sent.nonce);
    const waiting = sent.wait();
    waiting.catch(() => undefined); // awaited below
    await world.anvil.mine(2);
    await eventually("the no-op is in a block", async () => (await signer.pending())[0]?.block);
    const early = await sent.wait(1, 200).catch((error: unknown) => error);
    expect(early).to.have.property("code", "TIMEOUT");
    await world.anvil.reorg(4);
    await eventually("it is in none", async () => ((await signer.pending())[0]?.block === undefined ? true : undefined));
    world.proxy.faults = { down: true }; // the no-op comes no more, save what is under way
    await eventually("the transaction itself is in the pool", async () => {
      await world.anvil.rpc.request("anvil_dropAllTransactions", []);
      return world.anvil.rpc.request("eth_sendRawTransaction", [raw]).catch(() => undefined); // the no-op is still there: it is dropped and tried again
    });
    await world.anvil.mine();
    world.proxy.faults = {};
    await world.anvil.mineWhile(waiting, 1);
    expect((await waiting)?.hash).to.equal(sent.hash);
    expect(await receiversOf(world, signer)).to.deep.equal([receiver(1)]);
  });

  it("says of a hash what became of it, also in the next process, and never that one is mined which no block has", async () => {
    await using world = await World.open({ noMining: true });
    let signer = await world.signer();
    const keyed = await signer.once("replaced").sendTransaction({ to: receiver(1), value: 1n });
    const cancelled = [
      await signer.once("cancelled").sendTransaction({ to: receiver(2), value: 1n }),
      await signer.sendTransaction({ to: receiver(3), value: 1n }),
    ];
    const replaced = await signer.replace("replaced");
    const noOps = [await signer.cancel(1), await signer.cancel(2)];
    await world.anvil.mineWhile(signer.settled(), 16);
    for (const process of ["this process", "the next one"]) {
      const lane = await signer.lane();
      expect((await lane.included({ hash: keyed.hash }))?.hash, process).to.equal(replaced.hash);
      expect((await lane.included({ key: "replaced" }))?.hash, process).to.equal(replaced.hash);
      for (const { hash } of noOps) expect((await lane.included({ hash }))?.hash, process).to.equal(hash);
      for (const { hash } of cancelled) await failure("TRANSACTION_CANCELLED", lane.included({ hash }));
      await failure("NONCE_NOT_OPEN", lane.included({ hash: `0x${"12".repeat(32)}` }));
      await world.endProcess();
      signer = await world.signer();
    }
    const again = await signer.once("cancelled").sendTransaction({ to: receiver(2), value: 1n });
    const lane = await signer.lane();
    await failure("TRANSACTION_CANCELLED", lane.included({ hash: cancelled[0]?.hash ?? "" }));
    await world.anvil.mineWhile(again.wait(), 1);
    expect((await lane.included({ key: "cancelled" }))?.hash).to.equal(again.hash);
  });

  it("says of what was cancelled that it is, also where a foreign transaction has its nonce in the end", async () => {
    await using world = await World.open({ noMining: true });
    const signer = await world.signer();
    world.proxy.faults = { drop: 1 };
    const sent = await signer.sendTransaction({ to: receiver(1), value: 1n });
    await signer.cancel(sent.nonce);
    await foreign(world, 0, receiver(8));
    world.proxy.faults = {};
    const waiting = failure("TRANSACTION_CANCELLED", sent.wait());
    await world.anvil.mine(40); // at once: a node that mines on prunes what a look of a busy machine asks for
    await waiting;
    await failure("TRANSACTION_CANCELLED", (await signer.lane()).included({ hash: sent.hash }));
    expect(await receiversOf(world, signer)).to.deep.equal([receiver(8)]);
  });

  it("sends again what a reorg threw out, the same bytes", async () => {
    await using world = await World.open({ noMining: true });
    await world.anvil.mine(2);
    const notices: DurableNotice[] = [];
    const signer = await world.signer(0, { notify: (notice) => notices.push(notice) });
    const sent = await Promise.all(numbers(8).map((n) => signer.sendTransaction({ to: receiver(n), value: 1n })));
    await world.anvil.mine(10);
    await Promise.all(sent.map((each) => each.wait()));
    await world.anvil.reorg(10);
    await eventually("the reorg is seen", () => notices.some(({ kind }) => kind === "reorg") || undefined);
    await world.anvil.mineWhile(signer.settled(), 16);
    const mined = await world.minedOf(await signer.getAddress());
    expect(mined.map(({ hash }) => hash)).to.deep.equal(sent.map(({ hash }) => hash));
  });

  it("gives what a foreign transaction took the nonce of another nonce, when that one is final and not before", async () => {
    await using world = await World.open({ noMining: true });
    const signer = await world.signer();
    world.proxy.faults = { drop: 1 };
    const keyed = await signer.once("order-1").sendTransaction({ to: receiver(1), value: 1n });
    const plain = await signer.sendTransaction({ to: receiver(2), value: 1n });
    await foreign(world, 0, receiver(8));
    await foreign(world, 1, receiver(9));
    world.proxy.faults = {};
    await world.anvil.mine(8);
    await eventually("it goes on behind them", async () => ((await signer.lane()).nextNonce === 2 ? true : undefined));
    expect((await signer.pending()).map(({ nonce }) => nonce)).to.deep.equal([0, 1]);
    const waits = Promise.all([keyed.wait(), plain.wait()]);
    await world.anvil.mineWhile(waits, 2);
    const lane = await signer.lane();
    const found = await Promise.all([keyed, plain].map(({ hash }) => lane.included({ hash })));
    expect(
      found.map((each) => each?.hash),
      "by their first hashes",
    ).to.deep.equal((await waits).map((receipt) => receipt?.hash));
    expect(await receiversOf(world, signer)).to.have.members([receiver(8), receiver(9), receiver(1), receiver(2)]);
    const recorded = await signer.recorded("order-1");
    expect(recorded?.hash).to.equal((await waits)[0]?.hash);
    expect((await signer.once("order-1").sendTransaction({ to: receiver(1), value: 1n })).hash).to.equal(recorded?.hash);
    await world.anvil.mineWhile(signer.settled(), 16);
    expect((await plain.wait())?.hash).to.equal((await waits)[1]?.hash);
    expect(await receiversOf(world, signer)).to.have.length(4);
  });

  it("begins behind what the account has sent before, and fills the gap that a reorg of it leaves", async () => {
    await using world = await World.open({ noMining: true });
    await world.anvil.mine(2);
    await foreign(world, 0, receiver(8));
    await world.anvil.mine(1);
    const signer = await world.signer();
    const first = await signer.sendTransaction({ to: receiver(1), value: 1n });
    expect(first.nonce).to.equal(1);
    await world.anvil.reorg(1);
    await world.anvil.mineWhile(first.wait(), 1);
    expect(await receiversOf(world, signer)).to.deep.equal([(await signer.getAddress()).toLowerCase(), receiver(1)]);
  });

  it("keeps what the account cannot pay for, and sends it when it can", async () => {
    await using world = await World.open();
    const { address } = new Wallet(keyAt(0));
    await world.anvil.rpc.request("anvil_setBalance", [address, "0x0"]);
    const notices: DurableNotice[] = [];
    const signer = await world.signer(0, { notify: (notice) => notices.push(notice) });
    const sent = await signer.sendTransaction({ to: receiver(1), value: 1n, gasLimit: 21_000 });
    expect(notices.some(({ kind }) => kind === "without funds")).to.equal(true);
    await world.anvil.rpc.request("anvil_setBalance", [address, "0xde0b6b3a7640000"]);
    expect((await sent.wait())?.hash).to.equal(sent.hash);
  });

  it("takes no answer for doubt and goes on by itself when the endpoint is back", async () => {
    await using world = await World.open();
    const signer = await world.signer();
    await signer.resume();
    const fees = { type: 2, gasLimit: 21_000, maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n };
    world.proxy.faults = { down: true };
    const sent = await signer.sendTransaction({ to: receiver(1), value: 1n, ...fees });
    expect((await signer.pending()).map(({ hashes }) => hashes)).to.deep.equal([[sent.hash]]);
    world.proxy.faults = { lagBlocks: 2 };
    await world.anvil.mineWhile(sent.wait(), 1);
    expect(await receiversOf(world, signer)).to.deep.equal([receiver(1)]);
  });

  it("sends again what the node's pool lost", async () => {
    await using world = await World.open({ noMining: true });
    const signer = await world.signer();
    const sent = await Promise.all(numbers(3).map((n) => signer.sendTransaction({ to: receiver(n), value: 1n })));
    await eventually("they are in the pool", async () => ((await pooled(world)) === 3 ? true : undefined));
    await world.anvil.rpc.request("anvil_dropAllTransactions", []);
    await eventually("and again", async () => ((await pooled(world)) === 3 ? true : undefined));
    await world.anvil.mine();
    const mined = await world.minedOf(await signer.getAddress());
    expect(mined.map(({ hash }) => hash).sort()).to.deep.equal(sent.map(({ hash }) => hash).sort());
  });

  it("sends nothing to another chain of the same id, nor to one of another id", async () => {
    await using world = await World.open();
    const signer = await world.signer();
    await (await signer.sendTransaction({ to: receiver(1), value: 1n })).wait();
    await world.endProcess();
    const anew = await Anvil.start({ args: ["--timestamp", "1700000000"] });
    try {
      world.proxy.target = anew.url;
      const later = await world.signer();
      const { hint } = await failure("GENESIS_MISMATCH", later.sendTransaction({ to: receiver(2), value: 1n }));
      expect(hint, "it speaks to whoever has a signer").to.contain("a new store").and.not.contain("npm start");
      expect(await anew.rpc.request("txpool_status", [])).to.deep.equal({ pending: "0x0", queued: "0x0" });
      expect(await anew.rpc.request("eth_blockNumber", [])).to.equal("0x0");
    } finally {
      await anew.kill();
    }
  });

  it("serves several accounts on several chains from one store", async () => {
    await using world = await World.open();
    await using other = await World.open({ chainId: 4_242 });
    const signers = [await world.signer(0), await world.signer(1), await world.signer(0)];
    const elsewhere = other.signerOver(await world.store(), 0);
    const sent = await Promise.all(
      [...signers, elsewhere].flatMap((signer, s) =>
        numbers(5).map((n) => signer.sendTransaction({ to: receiver(10 * s + n), value: 1n })),
      ),
    );
    await Promise.all(sent.map((each) => each.wait()));
    expect((await receiversOf(world, await world.signer(0))).sort()).to.deep.equal(
      [0, 1, 2, 3, 4, 20, 21, 22, 23, 24].map(receiver).sort(),
    );
    expect((await receiversOf(world, await world.signer(1))).sort()).to.deep.equal([10, 11, 12, 13, 14].map(receiver));
    expect((await receiversOf(other, elsewhere)).sort()).to.deep.equal([30, 31, 32, 33, 34].map(receiver));
  });
});
