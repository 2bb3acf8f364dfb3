import { expect } from "chai";
import { headOf } from "../../../../src/chain/index.ts";
import { Miner } from "../../../../src/chain/local/miner.ts";
import { type Clock, systemClock } from "../../../../src/clock.ts";
import { Anvil } from "../../../anvil.ts";
import { eventually } from "../../../eventually.ts";

describe("the miner of a local chain", () => {
  let anvil: Anvil;
  const over = new AbortController();
  let turns = 0;
  const clock: Clock = {
    now: () => systemClock.now(),
    pause(ms, signal) {
      turns += 1;
      return systemClock.pause(Math.min(ms, 1), signal);
    },
  };
  before(async () => {
    anvil = await Anvil.start({ noMining: true });
  });
  after(() => anvil.kill());

  /** The head after the miner has looked twenty more times. */
  async function headLater(): Promise<number> {
    const until = turns + 20;
    await eventually("twenty turns of the miner", () => turns >= until || undefined);
    return headOf(anvil.rpc);
  }

  it("mines nothing before the first save, and no block more than 16 beyond what is saved; tells each wait of 5 s once", async () => {
    let waits = 0;
    const miner = new Miner(anvil.rpc, clock, 1);
    const mining = miner.mineUntil(over.signal, () => (waits += 1));
    expect(await headLater()).to.equal(0);
    expect(waits).to.equal(1);
    miner.savedTo(0);
    await eventually("block 16", async () => (await headOf(anvil.rpc)) === 16 || undefined);
    expect(await headLater()).to.equal(16);
    miner.savedTo(10);
    await eventually("block 26", async () => (await headOf(anvil.rpc)) === 26 || undefined);
    expect(await headLater()).to.equal(26);
    expect(waits).to.equal(3);
    over.abort();
    await mining;
  });
});
