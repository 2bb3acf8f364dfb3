import { expect } from "chai";
import { readLane } from "../../../src/chain/index.ts";
import { Random } from "../../chaos/random.ts";
import { failure } from "../store/expectations.ts";
import { receiver, seed, usualFaults, World } from "./world.ts";

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
});
void [readLane, Random, failure];
