import { expect } from "chai";
import { type Rpc, RpcUnanswered, watchClock } from "../../../../src/chain/index.ts";
import { type Clock, systemClock } from "../../../../src/clock.ts";
import { Anvil } from "../../../anvil.ts";
import { rpcWith } from "../../mintd/world.ts";

/** Time that runs a thousand times as fast. */
const fast = {
  monotonic: () => performance.now() * 1_000,
  clock: { ...systemClock, pause: (ms) => systemClock.pause(ms / 1_000) } satisfies Clock,
};
const real = { monotonic: () => performance.now(), clock: systemClock };

describe("watchClock", function () {
  this.timeout(180_000);
  let anvil: Anvil;
  afterEach(() => anvil.kill());

  const watch = (rpc: Rpc, options: Partial<Parameters<typeof watchClock>[0]> = {}) =>
    watchClock({
      ...{ rpc, ...real, blocks: undefined, sources: undefined, pollMs: undefined },
      ...{ onBlock: () => undefined, onTrouble: () => undefined, signal: new AbortController().signal },
      ...options,
    });

  it("sees every block of a public chain with looks that follow its slots", async () => {
    anvil = await Anvil.start({ chainId: 8_453, blockTime: 2 });
    const seen: number[] = [];
    const report = await watch(anvil.rpc, { blocks: 6, onBlock: (blocks) => seen.push(blocks) });
    expect(report).to.include({ network: "base", slotMs: 2_000, blocks: 6 });
    expect(report.samples).to.be.at.least(1);
    expect(seen.at(-1)).to.equal(6);
  });

  it("ends where no block comes, and says that it knows nothing", async () => {
    anvil = await Anvil.start({ noMining: true });
    const report = await watch(anvil.rpc, fast);
    expect(report).to.deep.include({ blocks: 0, samples: 0, nowMs: undefined, withinBound: false, doubt: "too few blocks" });
  });

  it("goes on where the endpoint fails, and tells of it", async () => {
    anvil = await Anvil.start({ blockTime: 0.2 });
    const troubles: unknown[] = [];
    let asked = 0;
    const failing = rpcWith(anvil.rpc, (method) => {
      if (method === "eth_getBlockByNumber" && ++asked === 3) throw new RpcUnanswered(method, "the test's endpoint", "HTTP 500");
    });
    const report = await watch(failing, { blocks: 4, pollMs: 20, onTrouble: (error) => troubles.push(error) });
    expect(report.blocks).to.be.at.least(4);
    expect(troubles).to.have.lengthOf(1);
  });

  it("ends when it is told to", async () => {
    anvil = await Anvil.start({ blockTime: 0.2 });
    const over = new AbortController();
    const report = await watch(anvil.rpc, {
      blocks: 1_000,
      signal: over.signal,
      onBlock() {
        over.abort();
      },
    });
    expect(report.blocks).to.be.below(1_000);
  });
});
