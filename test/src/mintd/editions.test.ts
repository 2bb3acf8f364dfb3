import { expect } from "chai";
import { listOf, World } from "./world.ts";

describe("mintd mints editions", function () {
  this.timeout(40_000);
  let world: World;

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  it("and rejects, once that is final, what a receiving contract refuses; the others in its batch are minted", async () => {
    const rows = listOf(10).map((row, i) => (i === 4 ? { ...row, to: world.deployment.contracts.AccessManager.address } : row));
    const report = await world.mint(rows, { minter: "EditionMinter" });
    expect(report).to.include({ rows: 10, minted: 9, final: 9, rejected: 1 });
    expect(report.rejections).to.deep.equal([{ id: "row-5", reason: "the receiver refused its tokens" }]);
    const again = await world.mint(rows, { minter: "EditionMinter" });
    expect(again).to.include({ accepted: 0, finalBefore: 9, rejected: 1 });
  });

  it("to a contract alone in its batch, with the gas that its refusal needs", async () => {
    const rows = listOf(1).map((row) => ({ ...row, to: world.deployment.contracts.AccessManager.address }));
    expect(await world.mint(rows, { minter: "EditionMinter" })).to.include({ rows: 1, minted: 0, rejected: 1 });
    expect(world.troubles).to.deep.equal([]);
  });
});
