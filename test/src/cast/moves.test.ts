import { expect } from "chai";
import { parseEther } from "ethers";
import { ContractRefused, deposit, liquidate, mint, NothingToDo, repay, viewPosition, withdraw } from "../../../src/cast/index.ts";
import { CastWorld, PRICE_UNIT, wallet } from "./world.ts";

describe("A position in the vault", function () {
  this.timeout(60_000);
  let world: CastWorld;
  let clean: string;

  before(async () => {
    world = await CastWorld.begin();
  });
  after(() => world.end());
  beforeEach(async () => {
    clean = await world.anvil.rpc.request<string>("evm_snapshot", []);
  });
  afterEach(() => world.revert(clean));

  const view = async (index: number) => viewPosition(world.vault, (await world.move(index)).pool.collateral, wallet(index).address);
  const refused = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "done",
      (error: unknown) => (error instanceof ContractRefused ? error.message : String(error)),
    );

  it("takes ether, mints, is repaid, and gives the ether back", async () => {
    const move = await world.move(3);
    expect(await deposit(move, parseEther("1.5"))).to.have.length(1);
    const [minted] = await mint(move, parseEther("1000"));
    expect(minted).to.include({ what: "mint" }).and.have.property("block").above(0);
    expect(await view(3)).to.include({
      ...{ amount: parseEther("1.5"), debtD18: parseEther("1000"), ratioBps: 30_000n, price: 2_000n * PRICE_UNIT },
      ...{ priceFresh: true, liquidationPrice: 96_666_666_667n }, // 145 % of the debt
    });
    await repay(move, parseEther("400"));
    expect(await view(3)).to.include({ debtD18: parseEther("600") });
    await repay(move, "all");
    await withdraw(move, "all");
    expect(await view(3)).to.include({ amount: 0n, debtD18: 0n, ratioBps: null, liquidationPrice: null });
  });

  it("takes a token of 6 decimals by an approval of exactly as much", async () => {
    const token = await world.addToken(6, 3, 5_000_000n);
    const move = await world.move(3, await token.getAddress());
    expect((await deposit(move, 3_000_000n)).map(({ what }) => what)).to.deep.equal(["approve", "deposit"]);
    expect(await token.getFunction("allowance").staticCall(wallet(3).address, world.vault.address)).to.equal(0n);
    await mint(move, parseEther("4000"));
    const [position] = await world.vault.positions(await world.vault.newest(), [
      { collateral: move.pool.collateral, account: wallet(3).address },
    ]);
    expect(position).to.include({ amount: 3_000_000n, debtD18: parseEther("4000") });
  });

  it("says in words why the vault refuses, and sends nothing", async () => {
    const move = await world.move(3);
    await deposit(move, parseEther("1"));
    const before = await world.anvil.rpc.request<string>("eth_getTransactionCount", [wallet(3).address, "latest"]);
    expect(await refused(mint(move, parseEther("1333.4")))).to.match(
      /^InsufficientlyCovered: .*2000\.0 .*150\.0 % of a debt of 1333\.4 cast tokens/,
    );
    expect(await refused(mint(move, parseEther("99.5")))).to.match(/^DebtBelowFloor: .*99\.5 cast tokens, .*100\.0/);
    expect(await refused(mint(move, parseEther("1000001")))).to.match(/^DebtCeilingExceeded: /);
    expect(await refused(withdraw(move, parseEther("2")))).to.match(/^InsufficientCollateral: /);
    expect(await refused(repay(move, "all"))).to.contain("owes nothing against");
    expect(await refused(liquidate(move, wallet(4).address, "all"))).to.contain("has no cast tokens");
    await world.anvil.rpc.request("evm_increaseTime", [3_700]);
    await world.anvil.mine();
    expect(await refused(mint(move, parseEther("500")))).to.match(/^PriceTooOld: .* may be 3600 s old/);
    expect(await world.anvil.rpc.request<string>("eth_getTransactionCount", [wallet(3).address, "latest"])).to.equal(before);
    expect(await view(3)).to.include({ priceFresh: false, debtD18: 0n });
  });

  it("is liquidated by another account once the price has fallen, and not before", async () => {
    const move = await world.move(3);
    await deposit(move, parseEther("1"));
    await mint(move, parseEther("1000"));
    const keeper = await world.move(4);
    await deposit(keeper, parseEther("10"));
    await mint(keeper, parseEther("2000"));
    expect(await refused(liquidate(keeper, wallet(3).address, "all"))).to.match(/^PositionHealthy: /);
    await world.setPrice(1_400n);
    await liquidate(keeper, wallet(3).address, "all");
    // 1,000 and the bonus of 10 % at 1,400
    expect(await view(3)).to.include({ debtD18: 0n, amount: parseEther("1") - parseEther("1100") / 1_400n });
    expect(await world.vault.castOf(await world.vault.newest(), wallet(4).address)).to.equal(parseEther("1000"));
  });

  it("of nobody's is nothing to repay: NOTHING_TO_DO", async () => {
    expect(await repay(await world.move(5), "all").catch((error: unknown) => error)).to.be.instanceOf(NothingToDo);
  });
});
