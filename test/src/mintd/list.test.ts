import { expect } from "chai";
import { eventually } from "../../eventually.ts";
import { requestOf } from "../../../src/list/mint-list.ts";
import { listOf, minting, World } from "./world.ts";

const idOf = (row: Parameters<typeof requestOf>[0]) => requestOf(row, "default").orderId;

describe("mintd mints a list", function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  it("of 300 rows exactly once, announces each level of each row once, and mints nothing when told again", async () => {
    const rows = listOf(300);
    const report = await world.mint(rows);
    expect(report).to.include({ rows: 300, accepted: 300, minted: 300, final: 300, rejected: 0, conflictCount: 0 });
    expect(report.times.auditable.count).to.equal(300);
    expect((await world.minted()).sort()).to.deep.equal(rows.map(idOf).sort());
    const counts = await world.counts();
    expect(counts).to.include({ requested: 300, authorised: 300, assigned: 300, tentative: 300, auditable: 300, final: 300 });
    expect(counts["unconfirmed"]).to.equal(undefined);

    const again = await world.mint(rows);
    expect(again).to.include({ rows: 300, accepted: 0, finalBefore: 300, minted: 300, final: 300 });
    expect(await world.minted()).to.have.lengthOf(300);
    expect(await world.counts()).to.deep.equal(counts);
    expect(world.troubles).to.deep.equal([]);
  });

  it("in which a row differs from what was accepted under its id: the accepted mint stands, the row is a conflict", async () => {
    const rows = listOf(3);
    await world.mint(rows);
    const [first, ...others] = rows;
    const changed = [...(first ? [{ ...first, quantity: first.quantity + 1 }] : []), ...others, ...listOf(1, 4)];
    const report = await world.mint(changed);
    expect(report).to.include({ rows: 4, accepted: 1, finalBefore: 2, conflictCount: 1, final: 3 });
    expect(report.conflicts[0]?.message).to.contain("'row-1'").and.to.contain("quantity was 2, is now 3");
    expect(await world.minted()).to.have.lengthOf(4);
  });

  it("to the same end when it is stopped in the middle and started again", async () => {
    const rows = listOf(300);
    const first = await world.open();
    await first.start();
    const cut = minting(first, rows);
    cut.catch(() => undefined); // it is stopped below
    await eventually("a batch is on the chain", async () => (await world.minted()).length > 0 || undefined);
    first.minting.fail(new Error("stopped by the test"));
    await first.stop();
    expect((await world.counts())["final"]).to.equal(undefined);

    const report = await world.mint(rows);
    expect(report).to.include({ rows: 300, minted: 300, final: 300 });
    expect((await world.minted()).sort()).to.deep.equal(rows.map(idOf).sort());
    expect(await world.counts()).to.include({ requested: 300, tentative: 300, final: 300 });
  });

  it("that is longer than the orders that may be open at once", async () => {
    const report = await world.mint(listOf(120), { settings: { orders: { maxOpen: 50 } } });
    expect(report).to.include({ accepted: 120, final: 120 });
    expect(await world.minted()).to.have.lengthOf(120);
  });
});
