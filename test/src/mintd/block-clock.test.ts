import { expect } from "chai";
import { requestOf } from "../../../src/list/mint-list.ts";
import type { Mintd } from "../../../src/mintd.ts";
import { ClockUncertain, MIN_SAMPLES } from "../../../src/nonce/index.ts";
import { readExposition } from "../../../src/telemetry/index.ts";
import { encodeRedeem } from "../../../src/voucher/index.ts";
import { eventually } from "../../eventually.ts";
import { valueOf } from "../telemetry/scraped.ts";
import { listOf, send, stranger, World } from "./world.ts";

const usable = (mintd: Mintd) => eventually("the clock is usable", () => mintd.blockClock.reading().withinBound || undefined);

const metrics = async (mintd: Mintd) => readExposition((await mintd.telemetry.scrape()).text);

describe("mintd's block clock on a real chain with blocks of a second", function () {
  this.timeout(240_000);
  let world: World;

  before(async () => {
    world = await World.begin();
    await world.anvil.rpc.request("evm_setIntervalMining", [1]);
  });
  after(() => world.end());

  it("refuses at first, becomes usable as blocks come, and issues a second that the contract takes", async () => {
    await using mintd = await world.open();
    await mintd.start();
    const [row] = listOf(1);
    if (!row) throw new Error("a list of one row has a row");
    const request = requestOf(row, "default");
    expect(() => mintd.blockClock.second()).to.throw(ClockUncertain, "too few blocks");
    const refusal: unknown = await mintd.issuer.issueOne(request).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(ClockUncertain);
    expect(mintd.book.get(request.orderId), "nothing was written").to.equal(undefined);
    const none = await metrics(mintd);
    expect(valueOf(none, "mintd_block_clock_error_bound_ms")).to.equal(Infinity);
    expect(none.flatMap(({ samples }) => samples).map(({ name }) => name)).to.not.contain("mintd_block_clock_offset_ms");
    await usable(mintd);
    const voucher = await mintd.issuer.issueOne(request);
    expect(await mintd.issuer.issueOne(request), "a retry, whatever the clock").to.deep.equal(voucher);
    const { timestamp } = await world.anvil.rpc.request<{ timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
    expect(voucher.redemption.alignedSecond).to.be.within(Number(timestamp) - 2, Number(timestamp) + 2);
    await send(world, stranger, encodeRedeem(voucher.redemption, voucher.signature));
    await eventually("it is minted", async () => (await world.minted()).includes(voucher.redemption.orderId) || undefined);
    const some = await metrics(mintd);
    expect(valueOf(some, "mintd_block_clock_samples")).to.be.at.least(MIN_SAMPLES);
    expect(valueOf(some, "mintd_block_clock_error_bound_ms")).to.be.within(1, 500);
    const offset = valueOf(some, "mintd_block_clock_offset_ms");
    expect(Math.abs(offset + Date.now() - mintd.blockClock.now())).to.be.below(1_000);
  });

  it("begins anew when the chain's time is set forward, refuses meanwhile, and never goes backward", async () => {
    await using mintd = await world.open();
    await mintd.start();
    await usable(mintd);
    let shown = mintd.blockClock.now();
    const before = shown;
    await world.anvil.rpc.request("evm_increaseTime", [1_000]);
    const refused = await eventually("the clock refuses", () => {
      const { withinBound, doubt } = mintd.blockClock.reading();
      return withinBound ? undefined : doubt;
    });
    expect(refused).to.be.oneOf(["contradicted", "too few blocks"]);
    await eventually("the clock is usable again", () => {
      const { nowMs = shown, withinBound } = mintd.blockClock.reading();
      expect(nowMs).to.be.at.least(shown);
      shown = nowMs;
      return withinBound || undefined;
    });
    expect(shown - before).to.be.within(1_000_000, 1_060_000);
  });
});
