import { expect } from "chai";
import { verdictOn } from "../../../../src/price/keep/index.ts";

describe("whether a price is posted", () => {
  const keep = { deviationBps: 50, heartbeatSeconds: 3_600 };
  const stored = { price: 200_000_000_000n, timestamp: 1_000n };
  const verdict = (agreed: bigint, age = 60n, of = stored) => verdictOn(of, agreed, of.timestamp + age, keep);

  it("is posted where none is stored", () => {
    expect(verdict(1n, 0n, { price: 0n, timestamp: 0n })).to.deep.equal({ because: "first", deviationPercent: null });
  });

  it("is posted from exactly the deviation on, up or down, and not a smallest unit below it", () => {
    for (const apart of [1_000_000_000n, 2_000_000_000n]) {
      for (const agreed of [stored.price + apart, stored.price - apart]) expect(verdict(agreed).because).to.equal("deviation");
    }
    for (const agreed of [stored.price + 999_999_999n, stored.price - 999_999_999n, stored.price]) {
      expect(verdict(agreed).because).to.equal("fresh");
    }
    expect(verdict(stored.price - 1_000_000_000n).deviationPercent).to.equal(0.5);
    expect(verdict(stored.price + 999_999_999n).deviationPercent).to.equal(0.4999);
  });

  it("is posted when the stored one is older than the heartbeat by the chain's time", () => {
    expect(verdict(stored.price, 3_600n).because).to.equal("fresh");
    expect(verdict(stored.price, 3_601n).because).to.equal("heartbeat");
  });

  it("is left where the contract would not take it for newer", () => {
    expect(verdict(1n, 0n).because).to.equal("fresh");
    expect(verdict(1n, -1n).because).to.equal("fresh");
    expect(verdict(1n, 1n).because).to.equal("deviation");
  });

  it("is exact with the largest prices", () => {
    const most = (1n << 64n) - 1n;
    const apart = (most * 50n) / 10_000n;
    const of = { price: most, timestamp: 1n };
    expect(verdict(most - apart, 1n, of).because).to.equal("fresh"); // rounded down: just below the bound
    expect(verdict(most - apart - 1n, 1n, of).because).to.equal("deviation");
  });
});
