import { expect } from "chai";
import { type TransactionRequest, Wallet } from "ethers";
import { DurableSigner } from "../../../src/durable/ethers.ts";
import { StoreWriteFailed } from "../../../src/store/errors.ts";
import type { EventStore, StreamWrite } from "../../../src/store/index.ts";
import { failure } from "../store/expectations.ts";
import { keyAt, receiver, World } from "./world.ts";

const payment = { to: receiver(1), value: 1n };

/** A store whose appends are what `append` makes of them. */
function storeWith(store: EventStore, append: (writes: readonly StreamWrite[]) => Promise<number>): EventStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === "append") return append;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

const writesLane = ([first, ...others]: readonly StreamWrite[]): boolean =>
  first?.stream.startsWith("lane/") === true && others.length === 0;

/** A wallet whose first signature comes when it is told to. */
function hanging(world: World) {
  const wallet = new Wallet(keyAt(0), world.provider());
  const [asked, gate] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  let late: Promise<string> | undefined;
  const sign = async (request: TransactionRequest): Promise<string> => {
    asked.resolve(undefined);
    await gate.promise;
    return wallet.signTransaction(request);
  };
  return {
    asked: asked.promise,
    /** Resolves when the late signature was given. */
    async sign() {
      gate.resolve(undefined);
      await late;
    },
    wallet: Object.assign(Object.create(wallet) as Wallet, {
      signTransaction: (request: TransactionRequest) => (late ? wallet.signTransaction(request) : (late = sign(request))),
    }),
  };
}

describe("DurableSigner at its end", () => {
  it("ends though a signer hangs: nothing is recorded, and a signature that comes late is never sent", async () => {
    await using world = await World.open({ noMining: true });
    const signer = hanging(world);
    const durable = new DurableSigner(signer.wallet, { store: await world.store(), pollMs: 20 });
    const refused = failure("DURABLE_CLOSED", durable.once("order-1").sendTransaction(payment));
    await signer.asked;
    await Promise.all([refused, durable.close()]);
    await signer.sign();
    expect(await (await world.signer()).recorded("order-1")).to.equal(undefined);
    expect(await world.anvil.rpc.request("txpool_status", [])).to.deep.equal({ pending: "0x0", queued: "0x0" });
  });

  it("gives a signer so long, and the nonce to the next: a signature that comes late is never sent", async () => {
    await using world = await World.open({ noMining: true });
    const signer = hanging(world);
    const durable = new DurableSigner(signer.wallet, { store: await world.store(), pollMs: 20, signingTimeoutMs: 50 });
    world.onEnd(() => durable.close());
    await failure("SIGNATURE_TIMED_OUT", durable.once("order-1").sendTransaction(payment));
    expect(await durable.recorded("order-1")).to.equal(undefined);
    const next = await durable.sendTransaction({ to: receiver(2), value: 1n });
    expect(next.nonce).to.equal(0);
    await signer.sign();
    await world.anvil.mineWhile(next.wait(), 1);
    expect((await world.minedOf(next.from)).map(({ to }) => to)).to.deep.equal([receiver(2)]);
  });

  it("answers whoever waits for a node when its ledger cannot be written any more, and says so from then on", async () => {
    await using world = await World.open({ noMining: true });
    const store = await world.store();
    let isBroken = false;
    const breaking = storeWith(store, (writes) =>
      isBroken && writesLane(writes) ? Promise.reject(new StoreWriteFailed("x", "disk", { permanent: true })) : store.append(writes),
    );
    const signer = world.signerOver(breaking);
    await signer.resume();
    isBroken = true; // so that the no-op in the place of what the node refuses is not recorded
    const sent = await signer.once("order-1").sendTransaction({ ...payment, gasLimit: 20_000 });
    await failure("RECORD_IN_DOUBT", sent.wait());
    await failure("RECORD_IN_DOUBT", signer.sendTransaction(payment));
  });

  for (const isWritten of [true, false]) {
    it(`takes a failed write for doubt and sends nothing until it is opened again, when it was ${isWritten ? "" : "not "}made`, async () => {
      await using world = await World.open({ noMining: true });
      const store = await world.store();
      let isBroken = false;
      const breaking = storeWith(store, async (writes) => {
        if (!isBroken) return store.append(writes);
        isBroken = false; // the next one would be made
        if (isWritten) await store.append(writes);
        throw new StoreWriteFailed("x", "disk full", { permanent: false });
      });
      const signer = world.signerOver(breaking);
      await signer.resume();
      isBroken = true;
      const doubt = await failure("RECORD_IN_DOUBT", signer.once("order-1").sendTransaction(payment));
      await failure("RECORD_IN_DOUBT", signer.sendTransaction({ ...payment, to: receiver(2) }));
      await signer.close();
      const next = await world.signer();
      await next.resume();
      const { hash } = doubt as unknown as { hash: string };
      expect((await next.pending()).flatMap(({ hashes }) => hashes)).to.deep.equal(isWritten ? [hash] : []);
      const sent = await next.once("order-1").sendTransaction(payment);
      await world.anvil.mineWhile(sent.wait(), 1);
      expect((await world.minedOf(sent.from)).map(({ to }) => to)).to.deep.equal([receiver(1)]);
    });
  }

  for (const how of ["throws", "rejects"] as const) {
    it(`goes on when its listener ${how}`, async () => {
      await using world = await World.open({ noMining: true });
      let heard = 0;
      const notify = (): unknown => {
        heard++;
        const broken = new Error("the logger is broken");
        if (how === "throws") throw broken;
        return Promise.reject(broken);
      };
      const signer = await world.signer(0, { notify });
      await signer.resume();
      world.proxy.faults = { loseResponse: 1 };
      const sent = await signer.sendTransaction({ ...payment, gasLimit: 21_000, maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 1n });
      world.proxy.faults = {};
      await world.anvil.mineWhile(sent.wait(), 1);
      expect(heard).to.be.greaterThan(0);
      await world.anvil.mineWhile(signer.settled(), 16);
    });
  }
});
