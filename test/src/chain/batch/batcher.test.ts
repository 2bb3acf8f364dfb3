import { expect } from "chai";
import fc from "fast-check";
import { Batcher, batchGas, mintGasOf, type BatchLimits, type InLine } from "../../../../src/chain/index.ts";
import type { Order } from "../../../../src/order/index.ts";
import { idOf, requestFor } from "../../order/orders.ts";

const orderOf = (n: number, quantity = 1): Order => ({
  request: requestFor(n, { quantity }),
  kind: "requested",
  version: 1,
  requestedAt: 0,
  changedAt: 0,
});
const gas = mintGasOf("VoucherMinter");
const limits: BatchLimits = { maxItems: 10, maxGas: 14_000_000, maxWaitMs: 100, gas };
const inLine = (n: number, quantity = 1): InLine => ({ order: orderOf(n, quantity), acceptedAt: n });
const ids = (orders: readonly Order[]): string[] => orders.map(({ request }) => request.orderId);

describe("The batcher", () => {
  it("waits until a batch is full or its first order has waited long enough", () => {
    const batcher = new Batcher(limits);
    expect(batcher.dueIn(0)).to.equal(undefined);
    batcher.add([inLine(1)], 1_000);
    batcher.add([inLine(2)], 1_050);
    expect(batcher.dueIn(1_000)).to.equal(100);
    expect(batcher.dueIn(1_060)).to.equal(40);
    expect(batcher.dueIn(1_500)).to.equal(0);
    batcher.add(
      Array.from({ length: 8 }, (_, i) => inLine(3 + i)),
      1_060,
    );
    expect(batcher.dueIn(1_060)).to.equal(0);
    expect(batcher.take(1_060)).to.have.lengthOf(10);
    expect(batcher.dueIn(1_060)).to.equal(undefined);
  });

  it("puts what has to be driven again where it was, whatever order it comes back in", () => {
    const batcher = new Batcher(limits);
    batcher.add(
      [3, 4].map((n) => inLine(n)),
      0,
    );
    batcher.add(
      [2, 1].map((n) => inLine(n)),
      0,
    );
    expect(ids(batcher.take(0))).to.deep.equal([1, 2, 3, 4].map(idOf));
  });

  it("takes an order that alone is above the gas limit alone, rather than never", () => {
    const batcher = new Batcher({ ...limits, maxGas: 200_000 });
    batcher.add([inLine(1, 5_000), inLine(2)], 0);
    expect(ids(batcher.take(0))).to.deep.equal([idOf(1)]);
    expect(ids(batcher.take(0))).to.deep.equal([idOf(2)]);
  });

  it("never takes more than the contract's 256", () => {
    const batcher = new Batcher({ ...limits, maxItems: 1_000, maxGas: 1e9 });
    batcher.add(
      Array.from({ length: 300 }, (_, i) => inLine(i)),
      0,
    );
    expect(batcher.take(0)).to.have.lengthOf(256);
  });

  it("loses none, doubles none, lets none overtake, and keeps items and gas within their limits", () => {
    const property = fc.property(
      fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 300 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 150_000, max: 5_000_000 }),
      (quantities, maxItems, maxGas) => {
        const batcher = new Batcher({ maxItems, maxGas, maxWaitMs: 0, gas });
        const orders = quantities.map((quantity, i) => orderOf(i, quantity));
        batcher.add(
          orders.map((order, acceptedAt) => ({ order, acceptedAt })),
          0,
        );
        const taken: Order[] = [];
        while (batcher.size > 0) {
          const batch = batcher.take(0);
          expect(batch.length).to.be.within(1, Math.min(maxItems, 256));
          if (batch.length > 1)
            expect(
              batchGas(
                batch.map(({ request }) => request.quantity),
                gas,
              ),
            ).to.be.at.most(maxGas);
          taken.push(...batch);
        }
        expect(taken).to.deep.equal(orders);
      },
    );
    fc.assert(property);
  });

  it("does so over many thousand orders that come and go", () => {
    const batcher = new Batcher(limits);
    let [next, expected] = [0, 0];
    for (let round = 0; round < 2_000; round++) {
      batcher.add(
        Array.from({ length: 11 }, () => inLine(next++)),
        0,
      );
      for (const { request } of batcher.take(0)) expect(request.orderId).to.equal(idOf(expected++));
    }
    expect(batcher.size).to.equal(next - expected);
  });
});
