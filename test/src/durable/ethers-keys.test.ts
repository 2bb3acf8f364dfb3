import { expect } from "chai";
import { Contract, ContractFactory, type ContractTransactionResponse } from "ethers";
import type { DurableSigner } from "../../../src/durable/ethers.ts";
import { failure } from "../store/expectations.ts";
import { onlyOnceCode } from "./contract.ts";
import { receiver, World } from "./world.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

async function receiversOf(world: World, signer: DurableSigner): Promise<(string | null)[]> {
  return (await world.minedOf(await signer.getAddress())).map(({ to }) => to);
}

describe("DurableSigner's keys", () => {
  it("stand for one transaction, also in the next process and when it is final", async () => {
    await using world = await World.open();
    const signer = await world.signer();
    const first = await signer.once("order-17").sendTransaction({ to: receiver(1), value: 1n });
    await world.endProcess();
    const second = await world.signer();
    const again = await second.once("order-17").sendTransaction({ to: receiver(1), value: 1n });
    expect(again.hash).to.equal(first.hash);
    expect(again.toJSON()).to.deep.equal(first.toJSON());
    await again.wait();
    await world.anvil.mineWhile(second.settled(), 16);
    expect(await second.pending()).to.deep.equal([]);
    await world.endProcess();
    const third = await world.signer();
    const last = await third.once("order-17").sendTransaction({ to: receiver(1), value: 1n });
    expect(last.hash).to.equal(first.hash);
    expect((await last.wait())?.hash).to.equal(first.hash);
    expect(await receiversOf(world, third)).to.deep.equal([receiver(1)]);
  });

  it("give one transaction to all who send under them at the same time", async () => {
    await using world = await World.open();
    const signer = await world.signer();
    const sent = await Promise.all(numbers(10).map(() => signer.once("order-1").sendTransaction({ to: receiver(1), value: 1n })));
    await Promise.all(sent.map((each) => each.wait()));
    expect(new Set(sent.map(({ hash }) => hash)).size).to.equal(1);
    expect(await receiversOf(world, signer)).to.deep.equal([receiver(1)]);
  });

  it("are refused for another receiver, value or data, and when they name nothing", async () => {
    await using world = await World.open();
    const signer = await world.signer();
    const order = signer.once("order-1");
    await order.sendTransaction({ to: receiver(1), value: 1n });
    await failure("KEY_REUSED", order.sendTransaction({ to: receiver(2), value: 1n }));
    await failure("KEY_REUSED", order.sendTransaction({ to: receiver(1), value: 2n }));
    await failure("KEY_REUSED", order.sendTransaction({ to: receiver(1), value: 1n, data: "0x00" }));
    for (const key of ["", "x".repeat(257), "a\0b", "\ud800"]) {
      await failure(
        "INVALID_KEY",
        Promise.resolve().then(() => signer.once(key)),
      );
    }
    expect(await receiversOf(world, signer)).to.deep.equal([receiver(1)]);
  });

  it("are for contracts too, and for a call that would revert if it were made a second time", async () => {
    await using world = await World.open();
    const signer = await world.signer();
    const factory = new ContractFactory(["function call()"], onlyOnceCode, signer.once("deployment"));
    const contract = await factory.deploy();
    await contract.waitForDeployment();
    const again = await factory.deploy();
    expect(await again.getAddress()).to.equal(await contract.getAddress());
    const bound = new Contract(await contract.getAddress(), ["function call()"], signer.once("mint-1"));
    const sent = (await bound.getFunction("call")()) as ContractTransactionResponse;
    expect((await sent.wait())?.status).to.equal(1);
    expect(((await bound.getFunction("call")()) as ContractTransactionResponse).hash).to.equal(sent.hash);
    const other = contract.connect(signer.once("mint-2"));
    expect(await failureOf(other.getFunction("call")())).to.have.property("code", "CALL_EXCEPTION");
    expect(await signer.recorded("mint-2"), "what fails before it is signed leaves its key free").to.equal(undefined);
    expect(await receiversOf(world, signer)).to.have.length(2);
  });

  it("stand for what reverted, too: wait says so, each time", async () => {
    await using world = await World.open();
    const signer = await world.signer();
    const contract = await new ContractFactory(["function call()"], onlyOnceCode, signer).deploy();
    await contract.waitForDeployment();
    const to = await contract.getAddress();
    await (await signer.sendTransaction({ to })).wait();
    for (const time of [1, 2]) {
      const sent = await signer.once("reverts").sendTransaction({ to, gasLimit: 60_000 });
      expect(await failureOf(sent.wait()), `time ${time}`).to.have.property("code", "CALL_EXCEPTION");
    }
    expect(await receiversOf(world, signer)).to.have.length(3);
  });

  it("go with the signer to another provider", async () => {
    await using world = await World.open();
    const order = (await world.signer()).once("order-1");
    const first = await order.sendTransaction({ to: receiver(1), value: 1n });
    const moved = order.connect(world.provider());
    world.onEnd(() => moved.close());
    expect((await moved.sendTransaction({ to: receiver(1), value: 1n })).hash).to.equal(first.hash);
    await first.wait();
    expect(await receiversOf(world, moved)).to.deep.equal([receiver(1)]);
  });

  it("are each account's own", async () => {
    await using world = await World.open();
    const [one, two] = [await world.signer(0), await world.signer(1)];
    const sent = await Promise.all([one, two].map((each) => each.once("same").sendTransaction({ to: receiver(1), value: 1n })));
    await Promise.all(sent.map((each) => each.wait()));
    expect(await world.anvil.rpc.request("eth_getBalance", [receiver(1), "latest"])).to.equal("0x2");
  });
});

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => ({ resolved: value }),
    (error: unknown) => error,
  );
}
