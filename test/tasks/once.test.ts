import { expect } from "chai";
import type { KeeperEvent } from "../../src/cast/index.ts";
import type { PriceKeeperEvent } from "../../src/price/keep/index.ts";
import { hasFailed } from "../../tasks/cast-keeper.ts";
import { assetReports } from "../../tasks/price-keeper-report.ts";

const first = "0xfirst";
const error = new Error("reverted");

/** What a keeper told comes from a chain that no test makes reorganise at the moment of one pass. */
describe("One pass of a keeper, by its last word", () => {
  it("failed where a liquidation failed, unless a reorg took that back", () => {
    const of = { collateral: "0xc", account: "0xa" };
    const place = { ...of, first, hash: first, block: 7 };
    const failed: KeeperEvent = { kind: "failed", ...of, first, hash: first, error };
    const back: KeeperEvent = { kind: "unconfirmed", ...place };
    const done: KeeperEvent = { kind: "liquidated", ...place, again: false, repaidD18: 1n };
    expect(hasFailed([done])).to.equal(false);
    expect(hasFailed([failed, back, done])).to.equal(false);
    expect(hasFailed([done, back, failed])).to.equal(true);
    expect(hasFailed([{ kind: "failed", ...of, error }, done]), "nothing was sent of one").to.equal(true);
  });

  it("posted a price that is in a block at the end", () => {
    const told = { asset: "ETH", block: 5, price: 1n, first, hash: first, minedIn: 7, quotedAt: 1 };
    const posted: PriceKeeperEvent = { kind: "posted", ...told };
    const back: PriceKeeperEvent = { kind: "unconfirmed", ...told };
    const outcome = (...events: PriceKeeperEvent[]) => assetReports([{ name: "ETH", assetId: 1n }], events)[0]?.outcome;
    expect(outcome(posted)).to.equal("posted");
    expect(outcome(posted, back)).to.equal("failed");
    expect(outcome(posted, back, posted)).to.equal("posted");
  });
});
