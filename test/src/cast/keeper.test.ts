import { expect } from "chai";
import { parseEther } from "ethers";
import { deposit, follow, Keeper, type KeeperEvent, mint, settled, VaultKeeper, viewPosition } from "../../../src/cast/index.ts";
import { eventually } from "../../eventually.ts";
import { CastWorld, wallet } from "./world.ts";

/** The keeper's account; 3 to 6 are debtors. */
const KEEPER = 9;

describe("A keeper on a chain", function () {
  this.timeout(60_000);
  let world: CastWorld;
  let events: KeeperEvent[];
  let clean: string;

  const onEvent = (event: KeeperEvent): void => {
    events.push(event);
  };
  const told = (kind: KeeperEvent["kind"]) => events.filter((event) => event.kind === kind);
  const debtors = (kind: KeeperEvent["kind"]) => told(kind).map((event) => ("account" in event ? event.account : ""));
  const debtOf = async (index: number) => (await viewPosition(world.vault, world.contracts.WETH.address, wallet(index).address))?.debtD18;
  const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
  const open = () => {
    const chain = new VaultKeeper(world.vault, world.account(KEEPER), 0);
    return { chain, keeper: new Keeper(chain, { onEvent }) };
  };

  async function position(index: number, ether: string, debt: string): Promise<void> {
    const move = await world.move(index);
    await deposit(move, parseEther(ether));
    await mint(move, parseEther(debt));
  }

  before(async () => {
    world = await CastWorld.begin();
    await position(KEEPER, "20", "2500");
    await position(3, "1", "1300");
    await position(4, "1", "1000");
    await position(5, "1", "1200");
    await world.setPrice(1_600n);
  });
  after(() => world.end());
  beforeEach(async () => {
    events = [];
    clean = await world.anvil.rpc.request<string>("evm_snapshot", []);
  });
  afterEach(async () => {
    await world.anvil.rpc.request("evm_setAutomine", [true]);
    await world.anvil.rpc.request("evm_revert", [clean]);
  });

  it("liquidates what is below the ratio, worst first, as far as its tokens reach", async () => {
    const { keeper, chain } = open();
    await keeper.pass();
    await settled(keeper, chain, { signal: AbortSignal.timeout(20_000), pause, onEvent });
    expect(debtors("sent")).to.deep.equal([wallet(3), wallet(5)].map(({ address }) => address));
    expect(debtors("liquidated")).to.have.length(2);
    expect([await debtOf(3), await debtOf(4), await debtOf(5)]).to.deep.equal([0n, parseEther("1000"), 0n]);
    await keeper.pass();
    expect(told("sent")).to.have.length(2);
  });

  it("never sends twice for a position while its transaction is on its way", async () => {
    await world.anvil.rpc.request("evm_setAutomine", [false]);
    const { keeper } = open();
    await keeper.pass();
    await world.anvil.rpc.request("anvil_dropAllTransactions", []); // the node forgets them; the keeper does not
    const before = await world.vault.newest();
    await world.anvil.mine();
    expect((await world.vault.newest()).number).to.equal(before.number + 1);
    await keeper.pass();
    expect([keeper.inFlight, told("sent").length]).to.deep.equal([2, 2]);
    await world.anvil.mine(); // the same bytes were handed over again
    await keeper.pass();
    expect([keeper.inFlight, told("sent").length, told("liquidated").length]).to.deep.equal([0, 2, 2]);
  });

  it("finds a position on the chain that a reorg brought, and asks none that it took away", async () => {
    const { keeper } = open();
    const snapshot = await world.anvil.rpc.request<string>("evm_snapshot", []);
    await world.setPrice(2_000n);
    await position(6, "1", "1300");
    await keeper.pass();
    expect(told("sent")).to.have.length(0);
    await world.anvil.rpc.request("evm_revert", [snapshot]);
    await world.setPrice(2_000n);
    await position(7, "1", "1320");
    await world.setPrice(1_850n);
    await keeper.pass();
    expect(debtors("sent")).to.deep.equal([wallet(3).address, wallet(7).address].sort((a) => (a === wallet(7).address ? -1 : 1)));
  });

  it("follows the blocks until it is told to end", async () => {
    await world.setPrice(2_000n);
    const { keeper, chain } = open();
    const over = new AbortController();
    const following = follow(keeper, chain, { signal: over.signal, pause, onEvent });
    await eventually("a block was looked at", () => told("surveyed")[0]);
    expect(told("sent")).to.have.length(0);
    await world.setPrice(1_600n);
    await eventually("both are liquidated", async () => {
      await world.anvil.mine();
      return told("liquidated").length === 2 || undefined;
    });
    over.abort();
    await following;
    expect(told("trouble")).to.deep.equal([]);
  });
});
