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

describe("DurableSigner at its end", () => {
  it("answers a send that is being signed while it is closed; nothing is recorded", async () => {
    await using world = await World.open({ noMining: true });
    const wallet = new Wallet(keyAt(0), world.provider());
    const [asked, gate] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const slow = Object.assign(Object.create(wallet) as Wallet, {
      async signTransaction(request: TransactionRequest) {
        asked.resolve(undefined);
        await gate.promise;
        return wallet.signTransaction(request);
      },
    });
    const signer = new DurableSigner(slow, { store: await world.store(), pollMs: 20 });
    const refused = failure("DURABLE_CLOSED", signer.once("order-1").sendTransaction(payment));
    await asked.promise;
    const closed = signer.close();
    gate.resolve(undefined);
    await Promise.all([refused, closed]);
    expect(await (await world.signer()).recorded("order-1")).to.equal(undefined);
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
    await failure("STORE_WRITE_FAILED", sent.wait());
    await failure("STORE_WRITE_FAILED", signer.sendTransaction(payment));
  });

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
