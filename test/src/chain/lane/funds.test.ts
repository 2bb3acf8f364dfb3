import { expect } from "chai";
import { type Clock, systemClock } from "../../../../src/clock.ts";
import { AccountNonces, Funds, Lane, type Rpc, type RpcCall, type RpcOutcome } from "../../../../src/chain/index.ts";
import type { OrderBook } from "../../../../src/order/index.ts";
import { Secret } from "../../../../src/secret.ts";
import type { EventStore } from "../../../../src/store/index.ts";
import { nativeSigner } from "../../../../src/voucher/index.ts";
import { openBook, StoreFolder } from "../../order/books.ts";
import { hashOf, idOf } from "../../order/orders.ts";

const signer = nativeSigner(new Secret(`0x${"11".repeat(32)}`));
const work = { orderIds: [], to: signer.address, data: "0x", gasLimit: 100, before: [] };
const clock: Clock = systemClock;

describe("Funds", () => {
  let folder: StoreFolder;
  let store: EventStore;
  let book: OrderBook;
  let lane: Lane;
  let balance: bigint;
  let requests: number;
  let rpc: Rpc;

  beforeEach(async () => {
    folder = await StoreFolder.make();
    store = await folder.open();
    book = await openBook(store);
    requests = 0;
    rpc = {
      request: () => Promise.reject(new TypeError("one by one")),
      each: <T>(calls: readonly RpcCall[]) => {
        requests++;
        return Promise.resolve(
          calls.map(({ method }): RpcOutcome<T> => {
            const value = method === "eth_getBalance" ? `0x${balance.toString(16)}` : "0x0";
            return { ok: true, value: value as T };
          }),
        );
      },
    };
    const silent = { notify: () => undefined, onFatal: (error: unknown) => expect.fail(String(error)), reach: () => undefined };
    const nonces = new AccountNonces(rpc, clock);
    lane = await Lane.open({
      ...silent,
      store,
      book,
      rpc,
      nonces,
      signer,
      clock,
      chainId: 1,
      network: "test",
      mostInFlight: 16,
      firstInFlight: 16,
    });
    await lane.openAt(0);
  });

  afterEach(async () => {
    await lane.close();
    await store.close();
    await folder.remove();
  });

  it("spare what the latest attempts in flight may cost, and not what is mined", async () => {
    const funds = new Funds(rpc);
    expect(funds.balance(lane)).to.equal(undefined);
    expect(funds.spare(lane)).to.equal(0n);
    balance = 10_000n;
    await funds.read([lane]);
    await lane.submit([10n, 20n].map((maxFeePerGas) => ({ ...work, fees: { maxFeePerGas, maxPriorityFeePerGas: 1n } })));
    expect(funds.spare(lane)).to.equal(10_000n - 1_000n - 2_000n);
    await lane.replace(0, { maxFeePerGas: 12n, maxPriorityFeePerGas: 2n });
    expect(funds.spare(lane)).to.equal(10_000n - 1_200n - 2_000n);
    lane.mined(lane.state.open.get(0)?.attempts[0].hash ?? "", 1, idOf(1));
    expect(funds.spare(lane)).to.equal(10_000n - 2_000n);
    lane.mined(hashOf(77), 1, idOf(1)); // nobody's
    expect(funds.spare(lane)).to.equal(10_000n - 2_000n);
  });

  it("stop a lane once, and start it when it has what it was stopped for", async () => {
    const funds = new Funds(rpc);
    balance = 99n;
    await funds.read([lane]);
    expect(funds.stop(lane, 100n)).to.equal(true);
    expect(funds.stop(lane, 120n)).to.equal(false);
    expect(funds.isLow(lane)).to.equal(true);
    balance = 119n;
    expect(await funds.read([lane])).to.deep.equal([]);
    balance = 120n;
    expect(await funds.read([lane])).to.deep.equal([lane]);
    expect(funds.isLow(lane)).to.equal(false);
    expect(await funds.read([lane])).to.deep.equal([]);
  });

  it("are read for all lanes in one request", async () => {
    balance = 1n;
    const before = requests;
    await new Funds(rpc).read([lane, lane, lane]);
    expect(requests - before).to.equal(1);
  });
});
