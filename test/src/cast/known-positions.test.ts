import { expect } from "chai";
import { JsonRpcProvider, parseEther } from "ethers";
import { deposit, KnownPositions, mint, repay, Vault } from "../../../src/cast/index.ts";
import { vaultAbi } from "../../../src/cast/abi.ts";
import { type RpcCall, RpcRefused, RpcUnanswered, toQuantity } from "../../../src/chain/rpc/rpc.ts";
import { rangesOf, WatchedRpc } from "./watched-rpc.ts";
import { CastWorld, wallet } from "./world.ts";

const positionOf = vaultAbi.getFunction("positionOf")?.selector ?? "";

describe("Who is known to have a position", function () {
  this.timeout(60_000);
  let world: CastWorld;
  let rpc: WatchedRpc;
  let vault: Vault;
  let known: KnownPositions;
  let clean: string;

  before(async () => {
    world = await CastWorld.begin();
  });
  after(() => world.end());
  beforeEach(async () => {
    clean = await world.anvil.rpc.request<string>("evm_snapshot", []);
    rpc = new WatchedRpc(world.anvil.rpc);
    vault = new Vault(rpc, world.contracts, { clock: { now: () => 0, pause: () => Promise.resolve() } });
    known = new KnownPositions(vault, 0);
  });
  afterEach(() => world.revert(clean));

  const grow = (blocks: number) => world.anvil.rpc.request("anvil_mine", [toQuantity(blocks)]);
  const accounts = async () => (await known.upTo(await vault.newest())).map(({ account }) => account);

  async function owe(index: number): Promise<void> {
    const move = await world.move(index);
    await deposit(move, parseEther("1"));
    await mint(move, parseEther("500"));
  }

  it("is who minted: dust that somebody puts into the positions of others costs no reading", async () => {
    const provider = new JsonRpcProvider(world.anvil.url, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    const payer = wallet(8).connect(provider);
    const first = await payer.getNonce();
    const dust = Array.from({ length: 30 }, (_, i) =>
      vaultAbi.encodeFunctionData("depositETH", [toQuantity(0x1000 + i).replace("0x", `0x${"0".repeat(36)}`)]),
    );
    await Promise.all(
      dust.map(async (data, i) => {
        const gas = { gasLimit: 200_000, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
        await (await payer.sendTransaction({ to: vault.address, data, value: 1, nonce: first + i, ...gas })).wait();
      }),
    );
    provider.destroy();
    await owe(3);
    const at = await vault.newest();
    const positions = await vault.positions(at, await known.upTo(at));
    expect(positions.map(({ account, debtD18 }) => [account, debtD18])).to.deep.equal([[wallet(3).address, parseEther("500")]]);
    expect(rpc.viewed(positionOf)).to.equal(1);
  });

  it("is read once, and again only as far as the chain may change", async () => {
    await owe(3);
    await grow(200);
    await accounts();
    const { number } = await vault.newest();
    await grow(10);
    rpc.forget();
    expect(await accounts()).to.deep.equal([wallet(3).address]);
    expect(rpc.ranges).to.deep.equal([[number - 63, number + 10]]);
  });

  it("is read on from where an endpoint stopped to answer", async () => {
    await owe(3);
    await grow(200);
    await owe(4);
    const at = await vault.newest();
    const down = new RpcUnanswered("eth_getLogs", "node", "nothing within 10 ms");
    const failing = (from: number) => (call: RpcCall) => {
      const [range] = rangesOf([call]);
      if (!range) return undefined;
      if (range[1] - range[0] >= 50) return new RpcRefused(call.method, -32_000, "at most 50 blocks", undefined);
      return range[0] >= from ? down : undefined;
    };
    rpc.failure = failing(90);
    expect(await known.upTo(at).catch((error: unknown) => error)).to.equal(down);
    const [, end = 0] = rpc.ranges.at(-1) ?? [];
    expect(end)
      .to.be.above(50)
      .and.below(at.number - 64);
    rpc.failure = failing(Infinity);
    expect(await accounts()).to.deep.equal([wallet(3).address, wallet(4).address]);
    const ends = rpc.ranges.map(([, to]) => to);
    expect(rpc.ranges.map(([from]) => from)).to.deep.equal([0, ...ends.slice(0, -1).map((to) => to + 1)]);
    expect(ends.at(-1)).to.equal(at.number);
  });

  it("ends with the signal's reason, and goes on the next time", async () => {
    const over = new AbortController();
    over.abort(new Error("over"));
    const ended = await known.upTo(await vault.newest(), over.signal).catch((error: unknown) => error);
    expect(ended).to.equal(over.signal.reason);
    await owe(3);
    expect(await accounts()).to.deep.equal([wallet(3).address]);
  });

  it("is forgotten once a final block shows no debt, and known again with the next one", async () => {
    await owe(3);
    await owe(4);
    await repay(await world.move(3), "all");
    await accounts();
    await grow(64);
    expect(await accounts()).to.have.members([wallet(3).address, wallet(4).address]);
    await grow(63);
    expect(await accounts()).to.have.members([wallet(3).address, wallet(4).address]);
    await grow(1);
    expect(await accounts()).to.deep.equal([wallet(4).address]);
    await mint(await world.move(3), parseEther("500"));
    expect(await accounts()).to.have.members([wallet(3).address, wallet(4).address]);
  });

  it("is not forgotten where it owes again", async () => {
    await owe(3);
    await repay(await world.move(3), "all");
    await accounts();
    await grow(64);
    await accounts();
    await mint(await world.move(3), parseEther("500"));
    await grow(63);
    expect(await accounts()).to.deep.equal([wallet(3).address]);
  });

  it("is not forgotten for a block without debt that a reorg took back", async () => {
    await owe(3);
    await accounts();
    await grow(63);
    const snapshot = await world.anvil.rpc.request<string>("evm_snapshot", []);
    await repay(await world.move(3), "all");
    await accounts(); // it owes nothing here
    await world.revert(snapshot);
    await grow(65);
    expect(await accounts()).to.deep.equal([wallet(3).address]);
    await grow(64);
    expect(await accounts()).to.deep.equal([wallet(3).address]);
  });
});
